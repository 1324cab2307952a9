// A tiny HTTP server on 127.0.0.1 for one test: every connection is answered by `answer` on a thread of its own.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace glimpse {

class LoopbackServer {
 public:
  // answer(path, send): send(text) is false once the client has gone.
  using Send = std::function<bool(const std::string&)>;
  using Answer = std::function<void(const std::string& path, const Send& send)>;

  explicit LoopbackServer(Answer answer) : answer_(std::move(answer)), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), length) == 0 && listen(socket_, 16) == 0) {
      getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
      port_ = ntohs(address.sin_port);
    }
    accepting_ = std::thread([this] { run(); });
  }

  ~LoopbackServer() {
    shutdown(socket_, SHUT_RDWR);
    accepting_.join();
    for (std::thread& t : serving_) t.join();
    close(socket_);
  }

  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

 private:
  void run() {
    for (int client; (client = accept(socket_, nullptr, nullptr)) >= 0;) {
      serving_.emplace_back([this, client] { serve(client); });
    }
  }

  void serve(int client) {
    char request[4096];
    const ssize_t got = recv(client, request, sizeof request, 0);
    const std::string text(request, got > 0 ? static_cast<size_t>(got) : 0);
    const size_t from = text.find(' '), to = text.find(' ', from + 1);
    bool answered = false;
    const Send send = [client, &answered](const std::string& data) {
      answered = true;
      return ::send(client, data.data(), data.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(data.size());
    };
    if (to != std::string::npos) answer_(text.substr(from + 1, to - from - 1), send);
    if (answered) shutdown(client, SHUT_WR);  // silence lasts until the client gives up
    while (recv(client, request, sizeof request, 0) > 0) {  // until the client leaves, so that nothing is reset
    }
    close(client);
  }

  Answer answer_;
  int socket_;
  int port_ = 0;
  std::thread accepting_;
  std::vector<std::thread> serving_;
};

}  // namespace glimpse
