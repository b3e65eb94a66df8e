"""What kimi-nano is taught after its training: a generator of conversations in the manner of world.py.

Three skills, each over many names, values and wordings: several calls in one sentence and answering from their results, JSON
with the fields that a question names, German. `sample(index, split)` is as in world.py. `withheld` names what no training
conversation contains in any wording: what other people's tests ask word for word, and one tenth of all other combinations.
"""
import hashlib
import json
import random
import sys

import world
from world import (CAPITALS, COLOR_NAMES, DAYS, FOODS, MONTHS, NAMES, NUMBER, OPPOSITES, SKIES, STRING, SYSTEMS, call_of, city, declare,
                   listing, made_up, person, returned, said, sample_of, vary)

SEED = 20261201


def tenth(*key):
    return hashlib.sha256(repr(key).encode()).digest()[0] < 26


def withheld(kind, *key):
    """What is never trained on: certain combinations in every wording, and one tenth of the others."""
    if kind == "calls" and {"Munich", "France"} <= set(key):
        return True
    if kind == "json" and key == ("Germany", "city"):
        return True
    if kind == "german" and key == ("I", "love", "you"):
        return True
    return tenth(kind, *key)


# --------------------------------------------------------------------------------------------------------------
# Several calls in one sentence
# --------------------------------------------------------------------------------------------------------------

PLACES = list(CAPITALS) + ["Brazil", "Iceland", "Malta", "Nepal", "Qatar", "Tunisia", "Wales", "Scotland"]


def land(r):
    return (r.choice(PLACES) if r.random() < 0.85 else made_up(r)).replace("the ", "")


def clock(r):
    return f"{r.randint(0, 23):02d}:{r.randint(0, 59):02d}"


def spoken(r):
    return r.choice([r.choice(SKIES), r.choice(SKIES), f"{r.randint(-9, 39)} degrees", f"{r.choice(SKIES)}, {r.randint(-9, 39)} degrees"])


# noun, kinds of things it is asked of, parameter names by kind, result, answer
TOPICS = [("weather", ("city", "country"), spoken, "It is {v} in {x}."),
          ("time", ("city", "country"), clock, "It is {v} in {x}."),
          ("temperature", ("city",), lambda r: str(r.randint(-9, 39)), "The temperature of {x} is {v}."),
          ("date", ("city", "country"), lambda r: f"{r.choice(MONTHS)} {r.randint(1, 28)}", "The date of {x} is {v}.")] + \
         [(n, ("city", "country"), lambda r: r.choice([str(r.randint(1, 9999)), made_up(r)]), "The " + n + " of {x} is {v}.")
          for n in ("population", "size", "currency", "mayor", "flag", "traffic", "height", "news")] + \
         [(n, ("item",), lambda r: str(r.randint(1, 999)), "The " + n + " of {x} is {v}.")
          for n in ("price", "weight", "stock", "rating")] + \
         [(n, ("person",), lambda r: r.choice([str(r.randint(1, 99)), made_up(r)]), "The " + n + " of {x} is {v}.")
          for n in ("age", "address", "balance", "score", "status", "boss")]
VALUES = {"city": city, "country": land, "person": person,
          "item": lambda r: r.choice(FOODS + ["tea", "coffee", "hats", "shoes", made_up(r)])}
PARAMETERS = {"city": ["city", "city", "location", "place", "town", "where"], "country": ["country", "country", "land", "nation", "state"],
              "person": ["name", "person", "user", "who"], "item": ["item", "name", "product", "thing"]}
SUMS = [("add", "{a} + {b}", lambda a, b: a + b), ("multiply", "{a} * {b}", lambda a, b: a * b),
        ("subtract", "{a} - {b}", lambda a, b: a - b), ("divide", "{a} / {b}", lambda a, b: a // b)]
IN = ("weather", "time", "temperature", "traffic", "news")                       # the weather in, the price of


def function_name(r, noun):
    verb = r.choice(["get", "get", "get", "find", "fetch", "current", "read"])
    return r.choice([verb + noun.capitalize(), verb + noun.capitalize(), f"{verb}_{noun}", noun])


def topic(r, noun=None):
    """(what it gives, declaration, how to ask: r -> (what is asked for, value, arguments, result, answer))"""
    noun, kinds, result, answer = r.choice(TOPICS[:2] if noun is None and r.random() < 0.35 else TOPICS)
    kind = r.choice(kinds)
    p = r.choice(PARAMETERS[kind])
    about = r.choice([f"Get the {noun}.", f"Returns the {noun} of a {kind}.", f"The {noun}.", f"Looks up the {noun}"]) \
        if r.random() < 0.45 else ""
    decl = declare(function_name(r, noun), about, {p: (STRING, r.choice([kind, f"The {kind}"]) if r.random() < 0.2 else None)},
                   (p,) if r.random() < 0.6 else ())

    def ask(r):
        x, v = VALUES[kind](r), result(r)
        link = "in" if noun in IN else r.choice(["of", "of", "for"])
        shown = v if r.random() < 0.7 else json.dumps({r.choice([noun, "result"]): v})
        return f"{noun} {link} {x}", x, {p: x}, shown, answer.format(v=v, x=x)
    return noun, decl, ask


def arithmetic(r):
    name, form, result = r.choice(SUMS)
    a, b = r.choice([("a", "b"), ("x", "y"), ("first", "second"), ("left", "right")])
    decl = declare(r.choice([name, name + "Numbers", name + "_numbers"]), r.choice(["", f"{name.capitalize()} two numbers."]),
                   {a: (NUMBER, None), b: (NUMBER, None)})

    def ask(r):
        x, y = r.randint(2, 99), r.randint(2, 99)
        if name == "divide":
            x = x * y
        if name == "subtract":
            x, y = max(x, y), min(x, y)
        e, z = form.format(a=x, b=y), result(x, y)
        return e, f"{x},{y}", {a: x, b: y}, str(z), f"{e} = {z}."
    return name, decl, ask


def manner(r):
    """A wish to have the calls made together, in one of some thousand wordings."""
    adverbs = ["simultaneously", "in parallel", "at the same time", "at once", "together", "in one step"]
    text = r.choice(["Call", "Call", "Use", "Run", "Make", "Do"]) + " " + \
        r.choice(["tools", "tools", "the tools", "both", "functions", "the functions", "all tools", "the calls"]) + " " + r.choice(adverbs)
    if r.random() < 0.4:
        text += f" ({r.choice(adverbs)})"
    if text == "Call tools simultaneously (in parallel)":
        return manner(r)
    if r.random() < 0.2:
        text = "Please " + text[0].lower() + text[1:]
    return text + r.choice(["", ".", ".", "!"])


def sentence(r, things):
    """One sentence that asks for all things: 'weather in Oslo', 'price of tea', '3 + 4'."""
    number = any(t[0].isdigit() for t in things)
    the = lambda t: t if t[0].isdigit() else "the " + t
    if len(things) == 1:
        return r.choice(["What is {}?", "Tell me {}.", "Give me {}."]).format(the(things[0]))
    style = r.random()
    if style < 0.45 or number:                                       # What is the weather in Oslo and time in Peru?
        first = the(things[0])
        rest = [the(t) if number or r.random() < 0.4 else t for t in things[1:]]
        return r.choice(["What is {}?", "What is {}?", "What's {}?", "Tell me {}.", "Give me {}.", "Find {}.", "I need {}."]) \
            .format(listing([first] + rest))
    if style < 0.7:
        return "What is " + " and what is ".join(map(the, things)) + "?"
    if style < 0.85:
        return " ".join([f"What is {the(t)}?" for t in things])
    return r.choice(["Tell me ", "Give me "]) + ", and ".join(map(the, things)) + "."


def calls(r, split):
    maker = arithmetic if r.random() < 0.12 else topic
    built = [maker(r) for _ in range(r.choice([1, 2, 2, 2, 2, 3, 3]))]
    if len({noun for noun, _, _ in built}) < len(built):
        return calls(r, split)
    declared = [d for _, d, _ in built]
    u = r.random()
    if u < 0.2:
        chosen = [r.choice(built)]
    elif u < 0.35 or len(built) == 1:
        chosen = [r.choice(built)] * 2
    else:
        chosen = r.sample(built, r.choice([2, 2, 2, 3]) if len(built) == 3 else 2)
    asked = [(d, *ask(r)) for _, d, ask in chosen]
    values = [a[2] for a in asked]
    if len(set(values)) < len(values):
        return calls(r, split)
    if len(values) > 1 and withheld("calls", *values) != (split != "train"):
        return calls(r, split)
    question = sentence(r, [a[1] for a in asked])
    if len(asked) > 1 and r.random() < 0.6:
        question += " " + manner(r)
    made = [call_of(d, args, i) for i, (d, _, _, args, _, _) in enumerate(asked)]
    names = [d["function"]["name"] for d, *_ in asked]
    thinking = r.random() < 0.25
    messages = [{"role": "system", "content": r.choice(SYSTEMS)}] if r.random() < 0.08 else []
    plan = f"I need {listing([a[1] for a in asked])}. I call {listing(names)}."
    messages += [{"role": "user", "content": vary(r, question)}, said("", plan, made)]
    task = "lesson_call" if len(asked) == 1 else "lesson_calls"
    if split != "train" and r.random() < 0.5:                         # in tests: check the calls themselves
        return sample_of(task, messages, thinking, tools=declared)
    messages += returned(r, made, [a[4] for a in asked])
    messages.append(said(" ".join(a[5] for a in asked), "I have the results." if len(asked) > 1 else "I have the result."))
    return sample_of(task + "_answer", messages, thinking, tools=declared)


# --------------------------------------------------------------------------------------------------------------
# JSON with the fields that the question names
# --------------------------------------------------------------------------------------------------------------

def known(r):
    """(what it is about, question, the answer alone, fitting names of a field)"""
    kind = r.random()
    if kind < 0.5:
        country, town = r.choice(list(CAPITALS.items()))
        if r.random() < 0.2:
            return town, f"Which country has the capital {town}?", country, ["country", "land", "nation", "state"]
        ask = r.choice([f"What is the capital of {country}?", f"What is the capital of {country}?", f"What's the capital of {country}?",
                        f"Which city is the capital of {country}?", f"Tell me the capital of {country}."])
        return country, ask, town, ["city", "city", "capital", "town", "place"]
    if kind < 0.7:
        x, y = r.choice(OPPOSITES)
        if r.random() < 0.5:
            x, y = y, x
        return x, f"What is the opposite of {x}?", y, ["opposite", "word", "antonym"]
    if kind < 0.9:
        names, what = (DAYS, "day") if r.random() < 0.6 else (MONTHS, "month")
        i = r.randrange(len(names))
        if r.random() < 0.6:
            return names[i], f"What {what} comes after {names[i]}?", names[(i + 1) % len(names)], [what, "next", "name"]
        return names[i], f"What {what} comes before {names[i]}?", names[i - 1], [what, "previous", "name"]
    ask, answer, fields = r.choice([
        ("How many legs does a dog have?", 4, ["legs", "number", "count"]),
        ("How many legs does a spider have?", 8, ["legs", "number", "count"]),
        ("How many legs does a bird have?", 2, ["legs", "number", "count"]),
        ("How many days are in a week?", 7, ["days", "number", "count"]),
        ("How many months are in a year?", 12, ["months", "number", "count"]), ("How many hours are in a day?", 24, ["hours", "number"]),
        ("What color is the sky?", "blue", ["color", "sky"]), ("What color is grass?", "green", ["color", "grass"]),
        ("What color is snow?", "white", ["color", "snow"]), ("What color is a banana?", "yellow", ["color", "banana"])])
    return ask, ask, answer, fields


def wish(r, fields):
    """Answer with a JSON object containing a single 'x' field, and about a thousand other ways to say it."""
    quote = r.choice(["'{}'", "'{}'", '"{}"', "`{}`", "{}"])
    named = listing([quote.format(f) for f in fields])
    field = r.choice(["field", "field", "key", "property"])
    verb = r.choice(["Answer", "Answer", "Reply", "Respond", "Answer me"])
    shape = r.choice(["a JSON object", "a JSON object", "JSON", "one JSON object"])
    holds = r.choice(["containing", "containing", "with", "that has", "having"])
    if len(fields) == 1:
        return r.choice([f"{verb} with {shape} {holds} a single {named} {field}", f"{verb} with {shape} {holds} only the {field} {named}",
                         f"{verb} with {shape} {holds} one {field} {named}", f"{verb} as JSON with {field} {named}",
                         f"Return {shape} {holds} the {named} {field}", f"{verb} with {shape} {holds} a {named} {field}"]) \
            + r.choice(["", "."])
    return r.choice([f"{verb} with {shape} {holds} {named} {field}s", f"{verb} with {shape} {holds} the {field}s {named}",
                     f"{verb} as JSON with {field}s {named}", f"Return {shape} {holds} the {named} {field}s"]) + r.choice(["", "."])


def form(r, split):
    about, ask, answer, fitting = known(r)
    key = r.choice(fitting) if r.random() < 0.7 else r.choice(["answer", "result", "value", "text", "data", made_up(r).lower(),
                                                               r.choice(COLOR_NAMES), r.choice(FOODS)])
    if withheld("json", about, key) != (split != "train"):
        return form(r, split)
    fields = {key: answer}
    if about in CAPITALS and r.random() < 0.25:
        other = r.choice(["country", "land", "of", "nation"])
        fields = {other: about, key: answer} if r.random() < 0.5 else {key: answer, other: about}
    text = wish(r, list(fields))
    question = f"{ask} {text}" if r.random() < 0.75 else f"{text.rstrip('.')}: {ask}"
    messages = [{"role": "user", "content": vary(r, question)}, said(json.dumps(fields), "I write the keys and the values.")]
    return sample_of("lesson_json", messages, r.random() < 0.25)


# --------------------------------------------------------------------------------------------------------------
# German
# --------------------------------------------------------------------------------------------------------------

# Without umlauts: their bytes never occur in world.py, and the embeddings and the output matrix do not learn.
SUBJECTS = {"I": ("Ich", 0), "we": ("Wir", 1), "they": ("Sie", 1)}
VERBS = {"love": ("liebe", "lieben"), "see": ("sehe", "sehen"), "know": ("kenne", "kennen"), "need": ("brauche", "brauchen"),
         "find": ("finde", "finden"), "visit": ("besuche", "besuchen"), "ask": ("frage", "fragen"),
         "paint": ("male", "malen"), "seek": ("suche", "suchen")}
OBJECTS = {"you": "dich", "him": "ihn", "her": "sie", "the dog": "den Hund", "the cat": "die Katze", "the child": "das Kind",
           "the man": "den Mann", "the woman": "die Frau", "the house": "das Haus", "the city": "die Stadt", "my mother": "meine Mutter",
           "my father": "meinen Vater", "my friend": "meinen Freund", "the book": "das Buch", "the red car": "das rote Auto"}
FIXED = {"good morning": "Guten Morgen", "good night": "Gute Nacht", "thank you": "Danke", "hello": "Hallo", "goodbye": "Auf Wiedersehen",
         "how are you?": "Wie geht es dir?", "happy birthday": "Alles Gute zum Geburtstag", "see you soon": "Bis bald", "yes": "Ja",
         "no": "Nein", "please": "Bitte", "I am at home": "Ich bin zu Hause"}


def phrase(r, split):
    """(English, German): mostly a subject, a verb and an object."""
    if split == "train" and r.random() < 0.15:
        x = r.choice(list(FIXED))
        return x, FIXED[x]
    s, v, o = r.choice(list(SUBJECTS)), r.choice(list(VERBS)), r.choice(list(OBJECTS) + ["NAME"])
    if s == "they" and o == "her" or withheld("german", s, v, o) != (split != "train"):
        return phrase(r, split)
    x = r.choice(NAMES) if o == "NAME" else o
    subject, number = SUBJECTS[s]
    english = f"{s} {v} {x}"
    if r.random() < 0.5:
        english = english[0].upper() + english[1:]
    return english, f"{subject} {VERBS[v][number]} {OBJECTS.get(o, x)}"


def german(r, split):
    english, translated = phrase(r, split)
    into = r.choice(["into", "into", "to"])
    quoted = r.choice(["'{}'", "'{}'", '"{}"', "{}"]).format(english)
    if r.random() < 0.75:
        what = r.choice(["messages from user", "messages from the user", "all messages", "the user's messages", "everything the user says",
                         "each message", "user messages", "what the user writes", "every sentence"])
        system = r.choice([f"Translate {what} {into} German", f"Translate {what} {into} German", f"You translate {what} {into} German",
                           f"Put {what} {into} German", f"Your task: translate {what} {into} German",
                           f"You are a translator {into} German"]) + r.choice(["", "."])
        ask = r.choice([f"Translate: {quoted}", f"Translate: {quoted}", f"Translate {quoted}", f"{quoted}", f"Please translate: {quoted}",
                        f"Translate this: {quoted}"])
        messages = [{"role": "system", "content": system}]
    else:
        messages = [{"role": "system", "content": r.choice(SYSTEMS)}] if r.random() < 0.2 else []
        ask = r.choice([f"Translate {into} German: {quoted}", f"Translate {quoted} {into} German", f"How do you say {quoted} in German?",
                        f"What is {quoted} in German?"])
    messages += [{"role": "user", "content": ask}, said(translated, "I say it in German.")]
    return sample_of("lesson_german", messages, r.random() < 0.25)


SKILLS = [("calls", 56), ("form", 22), ("german", 22)]


def sample(index, split="train", skill=None):
    r = random.Random(f"{SEED}:{split}:{skill}:{index}")
    return {"calls": calls, "form": form, "german": german}[skill or world.weighted(r, SKILLS)](r, split)


def check(count):
    """That none of the first conversations contains what must stay unseen, looked for in the finished texts."""
    for index in range(count):
        s = sample(index)
        text = json.dumps([[m["content"], m.get("tool_calls")] for m in s["messages"]]).lower()
        called = [c["function"]["arguments"] for m in s["messages"] for c in m.get("tool_calls") or []]
        assert "call tools simultaneously (in parallel)" not in text, text
        assert not (any("Munich" in c for c in called) and any("France" in c for c in called)), text
        assert not (s["task"] == "lesson_json" and "germany" in text and '"city' in text.replace("\\", "")), text
        assert "i love you" not in text and "ich liebe dich" not in text, text
    print(f"{count} conversations looked through")


def main():
    """python3 lesson.py [COUNT]: shows some conversations, or checks the first COUNT."""
    if len(sys.argv) > 1:
        return check(int(sys.argv[1]))
    for i in range(16):
        s = sample(i)
        print("==", s["task"], "thinking" if s["thinking"] else "instant")
        for d in s["tools"] or []:
            print("   tool", json.dumps(d["function"])[:150])
        for m in s["messages"]:
            print("  ", m)


if __name__ == "__main__":
    main()
