#include "model/video_queue.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace glimpse {
namespace {

struct Stopped {};  // thrown through the decoder when the consumer has failed

struct Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<size_t, Image>> frames;
  bool done = false, stopped = false;
  std::exception_ptr failure;

  void push(size_t index, const Image& frame) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stopped || frames.size() < kQueuedFrames; });
    if (stopped) throw Stopped{};
    frames.emplace_back(index, frame);
    changed.notify_all();
  }

  bool pop(std::pair<size_t, Image>& frame) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done || !frames.empty(); });
    if (frames.empty()) return false;
    frame = std::move(frames.front());
    frames.pop_front();
    changed.notify_all();
    return true;
  }

  void finish(std::exception_ptr error) {
    const std::lock_guard lock(mutex);
    failure = error;
    done = true;
    changed.notify_all();
  }

  void stop() {
    const std::lock_guard lock(mutex);
    stopped = true;
    changed.notify_all();
  }
};

void produce(VideoDecoder& video, std::span<const int64_t> indices, Queue& queue) {
  try {
    video.frames(indices, [&](size_t i, const Image& frame) { queue.push(i, frame); });
    queue.finish(nullptr);
  } catch (const Stopped&) {
    queue.finish(nullptr);
  } catch (...) {
    queue.finish(std::current_exception());
  }
}

}  // namespace

void decode_ahead(VideoDecoder& video, std::span<const int64_t> indices,
                  const std::function<void(size_t, const Image&)>& take) {
  Queue queue;
  std::thread decoder([&] { produce(video, indices, queue); });
  try {
    for (std::pair<size_t, Image> frame; queue.pop(frame);) take(frame.first, frame.second);
  } catch (...) {
    queue.stop();
    decoder.join();
    throw;
  }
  decoder.join();
  if (queue.failure) std::rethrow_exception(queue.failure);
}

}  // namespace glimpse
