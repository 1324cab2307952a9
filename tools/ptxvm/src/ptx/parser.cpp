// Recursive descent over the top level (parse_text) and over one body (parse_body).
#include <bit>
#include <string>

#include "ast.h"
#include "lexer.h"

namespace ptxvm::ptx {

uint32_t type_bytes(std::string_view t) {
    if (t == "pred") return 0;
    if (t.size() >= 2 && (t[0] == 'b' || t[0] == 'u' || t[0] == 's' || t[0] == 'f')) {
        const std::string_view bits = t.substr(1);
        if (bits == "8") return 1;
        if (bits == "16" || t == "bf16") return 2;
        if (bits == "32" || bits == "16x2" || t == "bf16x2") return 4;
        if (bits == "64") return 8;
        if (bits == "128") return 16;
    }
    throw std::string("unknown type ." + std::string(t));
}

namespace {

bool is_type(std::string_view t) {
    if (t == "pred" || t == "texref" || t == "samplerref" || t == "surfref") return true;
    try {
        return type_bytes(t) != 0;
    } catch (const std::string&) {
        return false;
    }
}

Space space_of(std::string_view word) {
    if (word == "global") return Space::kGlobal;
    if (word == "const") return Space::kConst;
    if (word == "shared") return Space::kShared;
    if (word == "local") return Space::kLocal;
    if (word == "param") return Space::kParam;
    if (word == "reg") return Space::kReg;
    return Space::kNone;
}

class Parser {
public:
    Parser(std::string_view text, uint32_t line) : lex_(text, line) {}
    Text text();
    Body body();

private:
    struct Scope {
        std::map<std::string_view, int32_t> variables;
        std::map<std::string_view, std::vector<int32_t>> registers;  // a range has one entry per index
        std::map<std::string_view, int32_t> single;
    };

    uint64_t integer();
    uint64_t primary();
    uint64_t expression(int level);
    InitItem init_item();
    void initialiser(Variable& v);
    Variable variable(Space space, bool with_init);
    Prototype prototype_lists(std::string_view* name);
    std::vector<Variable> parameter_list();
    void function(Text& out, bool entry, const Variable& linkage);
    void performance_directives(Function& f);
    void dims(uint32_t (&out)[3]);
    void skip_section();
    void statement(Body& b);
    void body_directive(Body& b);
    void registers(Body& b);
    void instruction(Body& b);
    void labelled_directive(Body& b, std::string_view label);
    Operand operand();
    Operand operand_base();
    Operand name_operand(std::string_view name);
    Operand address();
    int32_t find_register(std::string_view name) const;
    void attributes(Variable& v);

    Lexer lex_;
    std::vector<Scope> scopes_;
    uint32_t source_file_ = 0, source_line_ = 0, inlined_file_ = 0, inlined_line_ = 0;
};

uint64_t Parser::primary() {
    if (lex_.accept('(')) {
        const uint64_t v = expression(0);
        lex_.expect(')');
        return v;
    }
    if (lex_.accept('-')) return 0 - primary();
    if (lex_.accept('+')) return primary();
    if (lex_.accept('~')) return ~primary();
    if (lex_.accept('!')) return primary() == 0;
    if (lex_.peek().word("WARP_SZ")) {
        lex_.next();
        return 32;
    }
    if (lex_.peek().kind != TokenKind::kInt) lex_.fail("a number expected");
    return lex_.next().value;
}

// Constant expressions of integers; levels: or, xor, and, shift, sum, product.
uint64_t Parser::expression(int level) {
    static constexpr std::string_view kOperators[] = {"|", "^", "&", "<>", "+-", "*/%"};
    if (level == 6) return primary();
    uint64_t v = expression(level + 1);
    while (lex_.peek().kind == TokenKind::kPunctuation &&
           kOperators[level].find(lex_.peek().text[0]) != std::string_view::npos) {
        const char op = lex_.next().text[0];
        if (op == '<' || op == '>') lex_.expect(op);
        const uint64_t r = expression(level + 1);
        if ((op == '/' || op == '%') && r == 0) lex_.fail("division by zero");
        switch (op) {
            case '|': v |= r; break;
            case '^': v ^= r; break;
            case '&': v &= r; break;
            case '<': v = r < 64 ? v << r : 0; break;
            case '>': v = r < 64 ? v >> r : 0; break;
            case '+': v += r; break;
            case '-': v -= r; break;
            case '*': v *= r; break;
            case '/': v = static_cast<uint64_t>(static_cast<int64_t>(v) / static_cast<int64_t>(r)); break;
            default: v = static_cast<uint64_t>(static_cast<int64_t>(v) % static_cast<int64_t>(r)); break;
        }
    }
    return v;
}

uint64_t Parser::integer() { return expression(0); }

InitItem Parser::init_item() {
    InitItem item;
    const Token t = lex_.peek();
    if (t.kind == TokenKind::kFloat32 || t.kind == TokenKind::kFloat64) {
        lex_.next();
        item.value = t.value;
        item.is_float32 = t.kind == TokenKind::kFloat32;
        item.is_float = !item.is_float32;
        return item;
    }
    if (t.kind == TokenKind::kWord && t.text != "WARP_SZ") {
        lex_.next();
        if (t.text == "generic" && lex_.accept('(')) {
            item = init_item();
            lex_.expect(')');
        } else {
            item.symbol = t.text;
        }
        if (lex_.accept('+')) item.value += integer();
        else if (lex_.peek().is('-')) item.value += integer();
        return item;
    }
    item.value = integer();
    if (lex_.accept('(')) {  // 0xFF00(symbol): one byte of an address
        const uint64_t mask = item.value;
        item = init_item();
        lex_.expect(')');
        item.byte = std::countr_zero(mask) / 8;
    }
    return item;
}

void Parser::initialiser(Variable& v) {
    if (!lex_.accept('{')) {
        v.init.push_back(init_item());
        return;
    }
    while (!lex_.accept('}')) {
        if (lex_.peek().is('{')) initialiser(v);
        else v.init.push_back(init_item());
        lex_.accept(',');
    }
}

void Parser::attributes(Variable& v) {
    lex_.expect('(');
    for (int depth = 1; depth > 0;) {
        const Token t = lex_.next();
        if (t.kind == TokenKind::kEnd) lex_.fail("an attribute is not closed");
        if (t.directive("managed")) v.managed = true;
        depth += t.is('(') - t.is(')');
    }
}

// After the space: .align N .type name[dims] = {...}. The terminator is left to the caller.
Variable Parser::variable(Space space, bool with_init) {
    Variable v;
    v.space = space;
    v.line = lex_.line();
    uint32_t vector = 1;
    while (lex_.peek().kind == TokenKind::kDirective) {
        const Token t = lex_.next();
        if (t.text == "align") v.align = static_cast<uint32_t>(integer());
        else if (t.text == "attribute") attributes(v);
        else if (t.text == "ptr" || space_of(t.text) != Space::kNone) continue;
        else if (t.text == "v2") vector = 2;
        else if (t.text == "v4") vector = 4;
        else if (is_type(t.text)) v.type = t.text;
        else lex_.fail("unknown directive ." + std::string(t.text) + " in a declaration");
    }
    if (v.type.empty()) lex_.fail("a type expected");
    const bool opaque = v.type.ends_with("ref");
    v.type_bytes = (opaque ? 8 : type_bytes(v.type)) * vector;
    if (lex_.peek().kind != TokenKind::kWord) lex_.fail("a name expected");
    v.name = lex_.next().text;
    while (lex_.accept('[')) {
        v.is_array = true;
        v.elements *= lex_.peek().is(']') ? 0 : integer();
        lex_.expect(']');
    }
    if (v.align == 0) v.align = v.type_bytes == 0 ? 1 : v.type_bytes;
    if (with_init && lex_.accept('=')) {
        initialiser(v);
        if (v.elements == 0) v.elements = v.init.size();
    }
    return v;
}

std::vector<Variable> Parser::parameter_list() {
    std::vector<Variable> list;
    if (!lex_.accept('(')) return list;
    while (!lex_.accept(')')) {
        const Token t = lex_.next();
        if (t.kind != TokenKind::kDirective || space_of(t.text) == Space::kNone) lex_.fail(".param expected");
        list.push_back(variable(space_of(t.text), false));
        lex_.accept(',');
    }
    return list;
}

Prototype Parser::prototype_lists(std::string_view* name) {
    Prototype p;
    p.results = parameter_list();
    if (lex_.peek().kind != TokenKind::kWord) lex_.fail("a function name expected");
    *name = lex_.next().text;
    p.parameters = parameter_list();
    return p;
}

void Parser::dims(uint32_t (&out)[3]) {
    out[0] = out[1] = out[2] = 1;
    for (int i = 0; i < 3; ++i) {
        out[i] = static_cast<uint32_t>(integer());
        if (!lex_.accept(',')) break;
    }
}

void Parser::performance_directives(Function& f) {
    while (lex_.peek().kind == TokenKind::kDirective) {
        const Token t = lex_.next();
        uint32_t one[3];
        if (t.text == "maxntid") dims(f.maxntid);
        else if (t.text == "reqntid") dims(f.reqntid);
        else if (t.text == "reqnctapercluster") dims(f.cluster);
        else if (t.text == "explicitcluster") f.explicit_cluster = true;
        else if (t.text == "minnctapersm") dims(one), f.minnctapersm = one[0];
        else if (t.text == "maxnreg") dims(one), f.maxnreg = one[0];
        else if (t.text == "maxnctapersm" || t.text == "maxclusterrank" || t.text == "abi_preserve" ||
                 t.text == "abi_preserve_control" || t.text == "local_maxnreg") dims(one);
        else if (t.text == "noreturn") f.prototype.noreturn = true;
        else if (t.text == "blocksareclusters" || t.text == "unique") continue;
        else if (t.text == "pragma") {
            while (!lex_.accept(';')) lex_.next();
        } else if (t.text == "attribute") {
            Variable ignored;
            attributes(ignored);
        } else lex_.fail("unknown directive ." + std::string(t.text) + " of a function");
    }
}

void Parser::function(Text& out, bool entry, const Variable& linkage) {
    Function f;
    f.entry = entry;
    f.is_extern = linkage.is_extern, f.is_visible = linkage.is_visible, f.is_weak = linkage.is_weak;
    while (lex_.peek().directive("attribute")) {
        lex_.next();
        Variable ignored;
        attributes(ignored);
    }
    f.line = lex_.line();
    f.prototype = prototype_lists(&f.name);
    performance_directives(f);
    if (lex_.peek().is('{')) {
        f.has_body = true;
        f.body_line = lex_.line();
        f.body = lex_.skip_braces();
    } else {
        lex_.expect(';');
    }
    out.functions.push_back(std::move(f));
}

void Parser::skip_section() {
    while (!lex_.peek().is('{') && lex_.peek().kind != TokenKind::kEnd) lex_.next();
    lex_.skip_braces();
}

Text Parser::text() {
    Text out;
    Variable linkage;
    while (lex_.peek().kind != TokenKind::kEnd) {
        const Token t = lex_.next();
        if (t.is(';')) continue;
        if (t.kind == TokenKind::kPunctuation && t.text[0] == '\0') continue;  // padding behind the text
        if (t.kind != TokenKind::kDirective) lex_.fail("a directive expected, not '" + std::string(t.text) + "'");
        if (t.text == "version") {
            // "9.0" is read as a float, "9" as an integer.
            const Token v = lex_.next();
            const std::string number(v.text);
            out.version_major = std::stoi(number);
            const size_t dot = number.find('.');
            out.version_minor = dot == std::string::npos ? 0 : std::stoi(number.substr(dot + 1));
        } else if (t.text == "target") {
            out.target = lex_.next().text;
            while (lex_.accept(',')) lex_.next();
        } else if (t.text == "address_size") {
            if (integer() != 64) lex_.fail("only 64-bit addresses are modelled");
        } else if (t.text == "extern") linkage.is_extern = true;
        else if (t.text == "visible") linkage.is_visible = true;
        else if (t.text == "weak") linkage.is_weak = true;
        else if (t.text == "common") linkage.is_common = true;
        else if (t.text == "entry" || t.text == "func") {
            function(out, t.text == "entry", linkage);
            linkage = {};
        } else if (t.text == "alias") {
            Function f;
            f.line = t.line;
            f.name = lex_.next().text;
            lex_.expect(',');
            f.alias_of = lex_.next().text;
            out.functions.push_back(f);
        } else if (t.text == "file") {
            const uint64_t index = integer();
            out.files[static_cast<uint32_t>(index)] = std::string(lex_.next().text);
            while (lex_.accept(',')) integer();
        } else if (t.text == "section") {
            skip_section();
        } else if (t.text == "pragma") {
            while (!lex_.accept(';')) lex_.next();
        } else if (space_of(t.text) != Space::kNone) {
            do {
                Variable v = variable(space_of(t.text), true);
                v.is_extern = linkage.is_extern, v.is_visible = linkage.is_visible;
                v.is_weak = linkage.is_weak, v.is_common = linkage.is_common;
                out.variables.push_back(std::move(v));
            } while (lex_.accept(','));
            lex_.expect(';');
            linkage = {};
        } else {
            lex_.fail("unknown directive ." + std::string(t.text));
        }
    }
    return out;
}

int32_t Parser::find_register(std::string_view name) const {
    size_t digits = name.size();
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') --digits;
    for (size_t s = scopes_.size(); s-- > 0;) {
        const Scope& scope = scopes_[s];
        if (auto it = scope.single.find(name); it != scope.single.end()) return it->second;
        for (size_t split = digits; split < name.size(); ++split) {
            if (name[split] == '0' && split + 1 < name.size()) continue;
            const auto range = scope.registers.find(name.substr(0, split));
            if (range == scope.registers.end()) continue;
            const size_t index = std::stoul(std::string(name.substr(split)));
            if (index < range->second.size()) return range->second[index];
        }
        if (scope.variables.contains(name)) return -1;
    }
    return -1;
}

Operand Parser::name_operand(std::string_view name) {
    Operand o;
    o.reg = find_register(name);
    if (o.reg >= 0) {
        o.kind = OperandKind::kRegister;
        o.name = name;
        return o;
    }
    if (name[0] == '%') {
        o.kind = OperandKind::kSpecial;
        o.name = name.substr(1);
        return o;
    }
    o.kind = OperandKind::kName;
    o.name = name;
    for (size_t s = scopes_.size(); s-- > 0;) {
        if (auto it = scopes_[s].variables.find(name); it != scopes_[s].variables.end()) {
            o.reg = it->second;
            break;
        }
    }
    return o;
}

Operand Parser::address() {
    Operand o;
    o.kind = OperandKind::kAddress;
    o.elements.push_back(operand_base());
    if (lex_.accept('+')) o.value = integer();
    else if (lex_.peek().is('-')) o.value = integer();
    while (lex_.accept(',')) o.elements.push_back(operand_base());  // [tensor, {coordinates}]
    lex_.expect(']');
    return o;
}

Operand Parser::operand_base() {
    Operand o;
    const Token t = lex_.peek();
    if (t.kind == TokenKind::kFloat32 || t.kind == TokenKind::kFloat64) {
        lex_.next();
        o.kind = t.kind == TokenKind::kFloat32 ? OperandKind::kFloat32 : OperandKind::kFloat64;
        o.value = t.value;
        return o;
    }
    if (t.is('{') || t.is('(')) {
        lex_.next();
        o.kind = t.is('{') ? OperandKind::kVector : OperandKind::kList;
        const char close = t.is('{') ? '}' : ')';
        while (!lex_.accept(close)) {
            o.elements.push_back(operand());
            if (!lex_.accept(',') && !lex_.peek().is(close)) lex_.fail("',' expected");
        }
        return o;
    }
    if (t.is('[')) {
        lex_.next();
        return address();
    }
    if (t.is('!')) {
        lex_.next();
        o = operand_base();
        o.negated = !o.negated;
        return o;
    }
    if (t.kind == TokenKind::kWord && t.text != "WARP_SZ") {
        lex_.next();
        if (t.text == "_") return o;
        o = name_operand(t.text);
        while (lex_.peek().kind == TokenKind::kDirective) {  // %tid.x, selectors of video instructions
            const Token s = lex_.next();
            if (o.kind == OperandKind::kSpecial) {
                o.name = std::string_view(o.name.data(), static_cast<size_t>(s.text.end() - o.name.data()));
            } else if (s.text.size() >= 2 && (s.text[0] == 'b' || s.text[0] == 'h')) {
                o.selector = s.text;
            } else {
                lex_.fail("unknown selector ." + std::string(s.text));
            }
        }
        if (o.kind == OperandKind::kName && lex_.peek().is('+')) {
            lex_.next();
            o.value = integer();
        }
        return o;
    }
    if (t.is('-')) {
        lex_.next();
        const Token inner = lex_.peek();
        if (inner.kind == TokenKind::kInt || inner.is('(')) {
            o.kind = OperandKind::kInt;
            o.value = 0 - integer();
            return o;
        }
        o = operand_base();
        if (o.kind == OperandKind::kFloat64) o.value ^= uint64_t{1} << 63;
        else if (o.kind == OperandKind::kFloat32) o.value ^= uint64_t{1} << 31;
        else o.minus = !o.minus;
        return o;
    }
    o.kind = OperandKind::kInt;
    o.value = integer();
    return o;
}

Operand Parser::operand() {
    Operand o = operand_base();
    if (!lex_.peek().is('|')) return o;
    lex_.next();
    Operand pair;
    pair.kind = OperandKind::kPair;
    pair.elements.push_back(std::move(o));
    pair.elements.push_back(operand_base());
    return pair;
}

void Parser::registers(Body& b) {
    const Token t = lex_.next();
    if (t.kind != TokenKind::kDirective || !is_type(t.text)) lex_.fail("a register type expected");
    std::string_view type = t.text;
    if (type == "v2" || type == "v4") lex_.fail("vector registers are not modelled");
    do {
        Register r{lex_.next().text, -1, type, static_cast<uint16_t>(type_bytes(type))};
        if (lex_.accept('<')) {
            const uint64_t count = primary();
            lex_.expect('>');
            if (count > 1000000) lex_.fail("too many registers");
            auto& range = scopes_.back().registers[r.name];
            for (uint64_t i = 0; i < count; ++i) {
                r.index = static_cast<int32_t>(i);
                range.push_back(static_cast<int32_t>(b.registers.size()));
                b.registers.push_back(r);
            }
        } else {
            scopes_.back().single[r.name] = static_cast<int32_t>(b.registers.size());
            b.registers.push_back(r);
        }
    } while (lex_.accept(','));
    lex_.expect(';');
}

void Parser::body_directive(Body& b) {
    const Token t = lex_.next();
    if (t.text == "reg") return registers(b);
    if (t.text == "loc") {
        source_file_ = static_cast<uint32_t>(integer());
        source_line_ = static_cast<uint32_t>(integer());
        integer();
        inlined_file_ = inlined_line_ = 0;
        while (lex_.accept(',')) {
            const bool inlined = lex_.next().word("inlined_at");  // or function_name
            const Token first = lex_.next();
            while (lex_.accept('+')) integer();
            if (inlined) inlined_file_ = static_cast<uint32_t>(first.value);
            if (inlined) inlined_line_ = static_cast<uint32_t>(lex_.peek().value);
            while (lex_.peek().kind == TokenKind::kInt) lex_.next();
        }
        return;
    }
    if (t.text == "pragma") {
        while (!lex_.accept(';')) lex_.next();
        return;
    }
    if (t.text == "section") return skip_section();
    const Space space = space_of(t.text);
    if (space == Space::kNone) lex_.fail("unknown directive ." + std::string(t.text) + " in a body");
    do {
        Variable v = variable(space, true);
        scopes_.back().variables[v.name] = static_cast<int32_t>(b.variables.size());
        b.variables.push_back(std::move(v));
    } while (lex_.accept(','));
    lex_.expect(';');
}

void Parser::labelled_directive(Body& b, std::string_view label) {
    const Token t = lex_.next();
    if (t.text == "branchtargets" || t.text == "calltargets") {
        auto& list = b.targets[label];
        do list.push_back(lex_.next().text);
        while (lex_.accept(','));
    } else if (t.text == "callprototype") {
        std::string_view name;
        Prototype p = prototype_lists(&name);
        if (lex_.peek().directive("noreturn")) lex_.next(), p.noreturn = true;
        Function ignored;
        performance_directives(ignored);
        b.prototypes[label] = std::move(p);
    } else {
        lex_.fail("unknown labelled directive ." + std::string(t.text));
    }
    lex_.expect(';');
}

void Parser::instruction(Body& b) {
    Instruction in;
    in.line = lex_.line();
    in.source_file = source_file_, in.source_line = source_line_;
    in.inlined_file = inlined_file_, in.inlined_line = inlined_line_;
    if (lex_.accept('@')) {
        in.guard_negated = lex_.accept('!');
        const Token t = lex_.next();
        in.guard = find_register(t.text);
        if (in.guard < 0) lex_.fail("unknown guard predicate " + std::string(t.text));
    }
    if (lex_.peek().kind != TokenKind::kWord) lex_.fail("an instruction expected");
    in.opcode = lex_.opcode();
    for (size_t at = 0; at <= in.opcode.size();) {
        const size_t dot = std::min(in.opcode.find('.', at), in.opcode.size());
        in.parts.push_back(in.opcode.substr(at, dot - at));
        at = dot + 1;
    }
    while (!lex_.peek().is(';')) {
        in.operands.push_back(operand());
        if (!lex_.accept(',') && !lex_.peek().is(';')) lex_.fail("',' or ';' expected");
    }
    lex_.expect(';');
    b.instructions.push_back(std::move(in));
}

void Parser::statement(Body& b) {
    const Token t = lex_.peek();
    if (t.kind == TokenKind::kDirective) return body_directive(b);
    if (lex_.accept(';')) return;
    if (lex_.accept('{')) {
        scopes_.emplace_back();
        return;
    }
    if (lex_.accept('}')) {
        if (scopes_.size() == 1) lex_.fail("unmatched '}'");
        scopes_.pop_back();
        return;
    }
    if (t.kind == TokenKind::kWord) {
        Lexer ahead = lex_;
        ahead.next();
        if (ahead.peek().is(':')) {
            lex_.next();
            lex_.next();
            if (lex_.peek().directive("branchtargets") || lex_.peek().directive("callprototype") ||
                lex_.peek().directive("calltargets")) {
                return labelled_directive(b, t.text);
            }
            b.labels[t.text] = static_cast<uint32_t>(b.instructions.size());
            return;
        }
    }
    instruction(b);
}

Body Parser::body() {
    Body b;
    scopes_.emplace_back();

    while (lex_.peek().kind != TokenKind::kEnd) statement(b);
    return b;
}

}  // namespace

Text parse_text(std::string_view text) {
    while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
    Parser p(text, 1);
    return p.text();
}

Body parse_body(const Function& function) {
    Parser p(function.body, function.body_line);
    return p.body();
}

}  // namespace ptxvm::ptx
