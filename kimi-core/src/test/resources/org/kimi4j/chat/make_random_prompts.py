"""Random conversations and the prompts that the official templates make of them.

usage: make_random_prompts.py TEMPLATES ENCODER SEED OUT
TEMPLATES holds k2.5.jinja, k2.6.jinja and k2-thinking.jinja; ENCODER is the official tool_declaration_ts.py.
"""
import importlib.util
import json
import random
import sys

import jinja2.sandbox
from jinja2.ext import loopcontrols

FORMATS = ("k2.5", "k2.6", "k2-thinking")
KEPT = 110
WORDS = ["a", "b", "z", "\U0001F600", "\uffee", "\u00e9", "\u4e2d\u6587", "line\nbreak", "\n\nx\n", "tab\t", '"q"', "it's",
         "<|im_end|>", "</think>", " ", "", "\r\n", "\x01", "\u2028", "A_b"]
VALUES = [None, True, False, 0, 1, -3, 10 ** 20, 1.0, 0.1, 1e-5, 1e16, 1e22, 123456789012345680.0, 5e-324, 2.5e-7, 1e300,
          "x", '\u00e9"\\', "it's", [1, "a", None, 1.5, True], {"b": 1, "a": [2, {"d": 1e-7}]}, -0.0, 0.0001, 1e15,
          9007199254740993, [], {}]
NAMES = ["a", "b", "B", "a1", "_x", "\U0001F600", "\uffee", "\u00e9", "description", "type", "z-z", "a.b"]
CONSTRAINTS = ("maxLength", "minLength", "pattern", "maximum", "minimum", "maxItems", "minItems", "format", "title")
BOUNDS = [1, 2.0, 1e-7, 10 ** 18, "^a$", True, None, [1, "b"], {"k": "v'"}, "\x07\u200b"]
KINDS = ["string", "number", "integer", "boolean", "null", "object", "object", "array", "array", "enum", "anyOf", "ref",
         "union", "other"]
TYPES = ["string", "number", "integer", "boolean", "null", "object", "array"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def chance(self, p):
        return self.r.random() < p

    def text(self):
        return "".join(self.r.choice(WORDS) for _ in range(self.r.randint(0, 4)))

    def value(self):
        return self.r.choice(VALUES)

    def schema(self, depth, defs):
        if self.chance(0.05):
            return self.r.choice([True, False, {}])
        kind = self.r.choice(KINDS)
        if depth <= 0 and kind in ("object", "array", "anyOf"):
            kind = "string"
        s = {}
        if kind in TYPES[:5]:
            s["type"] = kind
        elif kind == "object":
            s.update(self.object(depth - 1, defs))
        elif kind == "array":
            s["type"] = "array"
            if self.chance(0.8):
                s["items"] = self.schema(depth - 1, defs)
        elif kind == "enum":
            fixed = [["a", "b"], [1, 2], ["a", None], [True, 1], [1.5]]
            s["enum"] = [self.value() for _ in range(self.r.randint(0, 3))] if self.chance(0.5) else self.r.choice(fixed)
            if self.chance(0.5):
                s["type"] = self.r.choice(TYPES[:4] + [["string", "null"], ["null", "integer"], ["string"], ["a", "b"],
                                                       ["string", "null", "x"], "foo"])
        elif kind == "anyOf":
            s["anyOf"] = [self.schema(depth - 1, defs) for _ in range(self.r.randint(1, 3))]
        elif kind == "ref":
            other = ["#/definitions/X"] if self.chance(0.05) else []
            s["$ref"] = self.r.choice(["#"] + ["#/$defs/" + n for n in defs] * 3 + other)
        elif kind == "union":
            s["type"] = [self.r.choice(TYPES) for _ in range(self.r.randint(1, 3))]
        elif self.chance(0.2):
            s["oneOf"] = [{"type": "string"}]
        else:
            s["type"] = "any"
        if self.chance(0.4):
            s["description"] = self.text()
        for key in CONSTRAINTS:
            if self.chance(0.15):
                s[key] = self.r.choice(BOUNDS)
        if self.chance(0.25):
            s["default"] = self.value()
        return s

    def object(self, depth, defs):
        s = {"type": "object"}
        if self.chance(0.9):
            s["properties"] = {self.r.choice(NAMES): self.schema(depth, defs) for _ in range(self.r.randint(0, 4))}
            if self.chance(0.7):
                s["required"] = [n for n in s["properties"] if self.chance(0.5)]
        if self.chance(0.3):
            described = {"type": "string", "description": "d"}
            s["additionalProperties"] = self.r.choice([True, False, None, {}, described, self.schema(depth, defs)])
        return s

    def parameters(self):
        if self.chance(0.05):
            return {}
        defs = [self.r.choice(["P", "Q", "R", "\u00e9"]) for _ in range(self.r.randint(0, 2))]
        s = self.object(3, defs)
        if defs:
            s["$defs"] = {n: self.schema(2, defs) for n in defs}
        if self.chance(0.3):
            s["description"] = self.text()
        return s

    def tools(self):
        out = []
        for i in range(self.r.choice([0, 0, 1, 1, 2, 3])):
            function = [("name", "f%d" % i)]
            if self.chance(0.8):
                function.append(("description", self.text() or "d"))
            if self.chance(0.9):
                function.append(("parameters", self.parameters()))
            self.r.shuffle(function)
            out.append({"type": "function", "function": dict(function)})
        return out

    def content(self, media):
        if self.chance(0.1):
            return None
        if self.chance(0.7):
            return self.text()
        kinds = ["text", "text", "image", "image_url", "video", "video_url"] if media else ["text"]
        parts = []
        for _ in range(self.r.randint(0, 4)):
            kind = self.r.choice(kinds)
            parts.append({"type": kind, kind: self.text() if kind == "text" else {"url": "data:x"}})
        return parts

    def assistant(self, fmt, message, calls):
        if self.chance(0.6):
            message["reasoning_content"] = self.text()
        if fmt == "k2.6" and self.chance(0.2):
            message["reasoning"] = self.text()
        if self.chance(0.4):
            message["tool_calls"] = []
            for _ in range(self.r.randint(0, 3)):
                arguments = self.r.choice([self.text(), {"k": self.value(), "\u00e9": self.text()}, {}])
                message["tool_calls"].append({"id": "functions.f:%d" % calls[0], "type": "function",
                                              "function": {"name": "f", "arguments": arguments}})
                calls[0] += 1

    def case(self):
        fmt = self.r.choice(FORMATS + ("k2.6",))
        messages, calls = [], [0]
        for _ in range(self.r.randint(0, 7)):
            role = self.r.choice(["system", "user", "user", "assistant", "assistant", "tool", "developer"])
            message = {"role": role, "content": self.content(fmt != "k2-thinking")}
            if self.chance(0.15):
                message["name"] = self.r.choice(["bob", "", "x y"])
            if role == "assistant":
                self.assistant(fmt, message, calls)
            if role == "tool":
                message["tool_call_id"] = "functions.f:%d" % self.r.randint(0, 3)
            messages.append(message)
        return {"format": fmt, "messages": messages, "tools": self.tools(),
                "thinking": fmt == "k2-thinking" or self.chance(0.6),
                "preserve_thinking": fmt == "k2.6" and self.chance(0.5), "add_generation_prompt": self.chance(0.7)}


def deep_sorted(x):
    if isinstance(x, dict):
        return {k: deep_sorted(v) for k, v in sorted(x.items())}
    return [deep_sorted(v) for v in x] if isinstance(x, list) else x


def tojson(x, separators=None):
    return json.dumps(x, ensure_ascii=False, separators=separators)


def renderer(folder, encoder):
    spec = importlib.util.spec_from_file_location("encoder", encoder)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    env.filters["tojson"] = tojson
    sources = {f: open(f"{folder}/{f}.jinja").read() for f in FORMATS}
    sources["k2-thinking"] = sources["k2-thinking"].replace("tojson()", 'tojson(separators=(",", ":"))')
    templates = {f: env.from_string(source) for f, source in sources.items()}

    def render(case):
        tools, declared = deep_sorted(case["tools"]), None
        try:
            declared = module.encode_tools_to_typescript_style(tools) if tools else None
        except Exception:
            pass  # the template then writes JSON
        preserve = {"preserve_thinking": case["preserve_thinking"]} if case["format"] == "k2.6" else {}
        return templates[case["format"]].render(
            messages=case["messages"], tools=tools or None, tools_ts_str=declared, thinking=case["thinking"],
            add_generation_prompt=case["add_generation_prompt"], **preserve)

    return render


def main():
    folder, encoder, seed, out = sys.argv[1:]
    render, maker, groups = renderer(folder, encoder), Maker(int(seed)), {}
    for _ in range(4000):
        case = maker.case()
        case["expected"] = render(case)
        if 500 < len(json.dumps(case)) < 2300:
            key = (case["format"], bool(case["tools"]), "namespace functions" in case["expected"], bool(case["messages"]))
            groups.setdefault(key, []).append(case)
    kept, turn = [], 0
    while len(kept) < KEPT:  # an even share of every kind
        kept += [groups[k][turn] for k in sorted(groups) if turn < len(groups[k])]
        turn += 1
    for i, case in enumerate(kept[:KEPT]):
        case["name"] = "random-%03d" % i
    with open(out, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c) for c in kept[:KEPT]) + "\n]\n")


if __name__ == "__main__":
    main()
