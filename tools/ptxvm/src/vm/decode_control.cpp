// Branches, calls, ends of threads, and the functions of the device runtime (printf, malloc, assert).
#include "decode.h"
#include "exec.h"

namespace ptxvm {
namespace {

struct Builtin {
  std::string_view name;
  Handler fn;
};
constexpr Builtin kBuiltins[] = {
    {"vprintf", exec::print},
    {"__assertfail", exec::assertion},
    {"malloc", exec::device_malloc},
    {"free", exec::device_free},
};

// Where a parameter of a call lies in the caller's local memory.
Place frame_place(Decoder& d, const ptx::Operand& o) {
  if (o.kind != ptx::OperandKind::kName || o.reg < 0) d.refuse("a call whose arguments are not .param variables");
  const auto v = d.name_value(o);
  if (!v.frame) d.refuse("a call whose arguments are not .param variables");
  return {static_cast<uint32_t>(v.value), static_cast<uint32_t>(d.body().variables[o.reg].bytes())};
}

std::vector<Place> frame_places(Decoder& d, const ptx::Operand* list) {
  std::vector<Place> places;
  if (list)
    for (const auto& o : list->elements) places.push_back(frame_place(d, o));
  return places;
}

void pair_up(Decoder& d, std::vector<CallSite::Move>& moves, const std::vector<Place>& caller,
             const std::vector<Place>& callee) {
  if (caller.size() != callee.size()) d.refuse("a call with another number of arguments");
  for (size_t i = 0; i < caller.size(); ++i) {
    if (caller[i].size < callee[i].size) d.refuse("a call with a smaller argument");
    moves.push_back({caller[i].offset, callee[i].offset, callee[i].size});
  }
}

}  // namespace

void decode_call(Decoder& d) {
  const ptx::Operand *results = nullptr, *arguments = nullptr, *callee = nullptr, *prototype = nullptr;
  for (const auto& o : d.in().operands) {
    if (o.kind == ptx::OperandKind::kList) (callee ? arguments : results) = &o;
    else if (!callee) callee = &o;
    else prototype = &o;
  }
  if (!callee) d.refuse("a call of nothing");
  const auto out = frame_places(d, results), in_places = frame_places(d, arguments);
  CallSite site;
  site.caller = &d.function();
  if (callee->kind == ptx::OperandKind::kName) {
    const auto* ref = d.module().find_function(d.text(), callee->name);
    if (!ref || !ref->function->has_body) {
      for (const auto& builtin : kBuiltins) {
        if (builtin.name != callee->name) continue;
        std::vector<uint32_t> places;
        for (const auto& p : in_places) places.push_back(p.offset);
        for (const auto& p : out) places.push_back(p.offset);
        Inst& in = d.emit(builtin.fn);
        in.more = d.list(places);
        d.program().serial |= builtin.fn == exec::device_malloc || builtin.fn == exec::device_free;
        return;
      }
      if (callee->name.starts_with("__cudaCDP") || callee->name.starts_with("cudaLaunchDevice"))
        d.refuse("dynamic parallelism: the function " + std::string(callee->name));
      d.refuse("the function " + std::string(callee->name) + ", which has no body");
    }
    site.target = d.callee(*ref);
    const auto& signature = site.target->signature;
    pair_up(d, site.arguments, in_places, signature.parameters);
    pair_up(d, site.results, out, signature.results);
    d.program().calls[&d.function()].push_back(site.target);
    Inst& in = d.emit(exec::call);
    in.info = d.own(site);
    return;
  }
  if (!prototype) d.refuse("an indirect call without a prototype");
  const auto it = d.body().prototypes.find(prototype->name);
  if (it == d.body().prototypes.end()) {
    const auto targets = d.body().targets.find(prototype->name);
    if (targets == d.body().targets.end() || targets->second.empty()) d.refuse("an indirect call without a prototype");
    const auto* ref = d.module().find_function(d.text(), targets->second.front());
    if (!ref) d.refuse("a call target that is not defined");
    const auto signature = signature_of(ref->function->prototype);
    pair_up(d, site.arguments, in_places, signature.parameters);
    pair_up(d, site.results, out, signature.results);
  } else {
    const auto signature = signature_of(it->second);
    pair_up(d, site.arguments, in_places, signature.parameters);
    pair_up(d, site.results, out, signature.results);
  }
  // Any function whose address is taken somewhere may be meant.
  d.callees_by_address();
  const uint32_t a = d.source(*callee, Size::kDouble);
  Inst& in = d.emit(exec::call);
  in.a = a;
  in.info = d.own(site);
}

void decode_control(Decoder& d) {
  const auto op = d.part(0);
  if (op == "bra") {
    const auto& in = d.in();
    const auto& target = d.operand(0);
    if (target.kind != ptx::OperandKind::kName) d.refuse("a branch to no label");
    Inst& branch = d.emit(in.guard >= 0 ? exec::branch_if : exec::branch);
    if (in.guard >= 0) {
      branch.a = d.register_slot(in.guard);
      branch.flags = in.guard_negated ? 1 : 0;
    }
    d.branch_to(d.next_index() - 1, target.name);
  } else if (op == "brx") {
    const auto targets = d.body().targets.find(d.operand(1).name);
    if (targets == d.body().targets.end()) d.refuse("a branch table that is not defined");
    const uint32_t a = d.source(d.operand(0), Size::kWord);
    auto* table = d.own(JumpTable{});
    d.table_of(table, targets->second);
    Inst& in = d.emit(exec::branch_index);
    in.a = a, in.info = table;
  } else if (op == "exit") {
    d.emit(exec::exit);
  } else if (op == "ret") {
    d.emit(exec::ret);
  } else if (op == "trap") {
    d.emit(exec::trap);
  } else if (op == "brkpt") {
    d.emit(exec::breakpoint);
  } else if (op == "nanosleep") {
    d.emit(exec::nanosleep);
  } else {
    d.emit(exec::nothing);  // pmevent, setmaxnreg: nothing that a program could see
  }
}

const std::vector<Family>& families() {
  static const std::vector<Family> list = {
      {"add sub mul mad fma div rem abs neg min max sad mul24 mad24 addc subc madc popc clz bfind brev bfe bfi fns "
       "szext "
       "bmsk shf shl shr prmt lop3 and or xor not cnot dp4a dp2a selp slct testp copysign rcp sqrt",
       decode_alu, false, "arithmetic and logic"},
      {"rsqrt ex2 lg2 sin cos tanh", decode_approx, false, "approximations"},
      {"setp set", decode_set, false, "comparison"},
      {"mov createpolicy", decode_mov, false, "moves"},
      {"cvt", decode_cvt, false, "conversion"},
      {"ld ldu st cvta isspacep prefetch prefetchu discard applypriority fence membar griddepcontrol", decode_memory,
       false, "memory"},
      {"atom red", decode_atomic, false, "atomics"},
      {"bra", decode_control, false, "branches"},
      {"brx exit ret trap brkpt nanosleep pmevent setmaxnreg", decode_control, true, "control"},
      {"call", decode_call, true, "calls"},
      {"bar barrier", decode_barrier, true, "barriers"},
      {"shfl vote match redux activemask elect", decode_warp, true, "warps"},
      {"mma wmma ldmatrix stmatrix movmatrix", decode_matrix, true, "matrices"},
      {"cp", decode_async, false, "asynchronous copies"},
      {"vadd vsub vabsdiff vmin vmax vshl vshr vset vmad vadd2 vsub2 vavrg2 vabsdiff2 vmin2 vmax2 vset2 vadd4 vsub4 "
       "vavrg4 "
       "vabsdiff4 vmin4 vmax4 vset4",
       decode_video, false, "video"},
      {"mbarrier", decode_mbarrier, true, "mbarrier"},
  };
  return list;
}

}  // namespace ptxvm
