package org.kimi4j.chat;

import static org.kimi4j.chat.ReplyChannel.ANSWER;
import static org.kimi4j.chat.ReplyChannel.THINKING;

import java.util.ArrayList;
import java.util.List;

/** Replies as models write them, well and badly formed, with what must be read from them. */
final class ReplyCorpus {

    /**
     * A reply.
     *
     * @param reply control tokens written out; behind a backslash, plain text
     * @param calls {@code id(arguments)} of each call, a trailing {@code ?} if it is not complete
     * @param malformed texts of the malformed parts
     */
    record Case(
            String name,
            ReplyChannel start,
            String reply,
            String thinking,
            String text,
            List<String> calls,
            List<String> malformed) {

        /** Whether text feeding sees the same reply: there, written-out tags are always tags. */
        boolean sameAsText() {
            return reply.indexOf('\\') < 0;
        }
    }

    private static final String S = "<|tool_calls_section_begin|>";
    private static final String E = "<|tool_calls_section_end|>";
    private static final String B = "<|tool_call_begin|>";
    private static final String A = "<|tool_call_argument_begin|>";
    private static final String C = "<|tool_call_end|>";
    private static final String S1 = "<|tool_call_section_begin|>";
    private static final String E1 = "<|tool_call_section_end|>";
    private static final String F0 = B + "functions.f:0" + A;

    private final List<Case> cases = new ArrayList<>();

    private ReplyCorpus() {}

    static List<Case> cases() {
        ReplyCorpus corpus = new ReplyCorpus();
        corpus.plain();
        corpus.thinkTags();
        corpus.calls();
        corpus.missingClosers();
        corpus.headers();
        corpus.singularTags();
        corpus.writtenOut();
        return corpus.cases;
    }

    private void thinks(String name, String reply, String thinking, String text, String... calls) {
        cases.add(new Case(name, THINKING, reply, thinking, text, List.of(calls), List.of()));
    }

    private void answers(String name, String reply, String text, String... calls) {
        cases.add(new Case(name, ANSWER, reply, "", text, List.of(calls), List.of()));
    }

    private void damaged(String name, String reply, String text, List<String> calls, String... malformed) {
        cases.add(new Case(name, ANSWER, reply, "", text, calls, List.of(malformed)));
    }

    private void plain() {
        thinks("thinking and answer", "one plus one</think>2", "one plus one", "2");
        thinks("white space kept", " \n think \n</think>\n\n answer \n ", " \n think \n", "\n\n answer \n ");
        thinks("stopped while thinking", "I wonder wheth", "I wonder wheth", "");
        thinks("no thoughts", "</think>hi", "", "hi");
        thinks("nothing at all", "", "", "");
        thinks(
                "emoji",
                "\uD83E\uDD14 hm\uD83D\uDC68\u200D\uD83D\uDC69</think>\uD83D\uDE00!",
                "\uD83E\uDD14 hm\uD83D\uDC68\u200D\uD83D\uDC69",
                "\uD83D\uDE00!");
        thinks(
                "chinese",
                "\u6211\u60F3\u4E00\u60F3\u3002</think>\u4F60\u597D\uFF0C\u4E16\u754C",
                "\u6211\u60F3\u4E00\u60F3\u3002",
                "\u4F60\u597D\uFF0C\u4E16\u754C");
        answers("instant", "Hello < world > <| x |> <th", "Hello < world > <| x |> <th");
        answers(
                "arabic and combining marks",
                "\u0645\u0631\u062D\u0628\u0627 e\u0301",
                "\u0645\u0631\u062D\u0628\u0627 e\u0301");
        answers("end of turn passed over", "bye<|im_end|>", "bye");
        answers("reserved tokens passed over", "a<|media_pad|>b[UNK]c<|im_user|>", "abc");
    }

    private void thinkTags() {
        thinks("model opens the thinking itself", "<think>deep</think>yes", "deep", "yes");
        thinks("quoted tag while thinking", "the tag <think> opens</think>ok", "the tag <think> opens", "ok");
        answers("stray end of thinking first", "</think>hi", "hi");
        answers("stray end of thinking inside", "hi</think> there", "hi there");
        cases.add(new Case(
                "instant model thinks after all", ANSWER, "<think>hm</think>yes", "hm", "yes", List.of(), List.of()));
        answers("answer about the tags", "Use <think> and </think> so.</think>", "Use <think> and </think> so.");
        answers(
                "tags inside arguments",
                S + F0 + "{\"s\":\"<think>x</think>\"}" + C + E,
                "",
                "functions.f:0({\"s\":\"<think>x</think>\"})");
    }

    private void calls() {
        thinks(
                "one call",
                "need it</think>" + S + B + "functions.get_weather:0" + A + "{\"city\": \"Rome\"}" + C + E,
                "need it",
                "",
                "functions.get_weather:0({\"city\": \"Rome\"})");
        thinks(
                "text before the call",
                "t</think>Let me look." + S + F0 + "{}" + C + E,
                "t",
                "Let me look.",
                "functions.f:0({})");
        answers(
                "parallel calls",
                S + F0 + "{\"a\":1}" + C + B + "functions.g:1" + A + "{\"b\":2}" + C + E,
                "",
                "functions.f:0({\"a\":1})",
                "functions.g:1({\"b\":2})");
        answers(
                "white space between everything",
                S + "\n " + B + " functions.f:7 \n" + A + " \n{\"a\": [1, 2]}\n " + C + "\n" + E,
                "",
                "functions.f:7({\"a\": [1, 2]})");
        answers("text after the section", S + F0 + "{}" + C + E + "Done.", "Done.", "functions.f:0({})");
        answers(
                "two sections",
                S + F0 + "{}" + C + E + "and" + S + B + "functions.f:1" + A + "{}" + C + E,
                "and",
                "functions.f:0({})",
                "functions.f:1({})");
        answers(
                "emoji and chinese in arguments",
                S + F0 + "{\"\u57CE\u5E02\": \"\u7F57\u9A6C \uD83C\uDF0D\"}" + C + E,
                "",
                "functions.f:0({\"\u57CE\u5E02\": \"\u7F57\u9A6C \uD83C\uDF0D\"})");
        answers(
                "angle brackets in arguments",
                S + F0 + "{\"q\":\"a<b <|x <|tool_call\"}" + C + E,
                "",
                "functions.f:0({\"q\":\"a<b <|x <|tool_call\"})");
        answers(
                "hyphens and dots in names",
                S + B + "functions.my-tool.v2:3" + A + "{}" + C + E,
                "",
                "functions.my-tool.v2:3({})");
        answers("arguments that are no JSON", S + F0 + "{\"a\": oops" + C + E, "", "functions.f:0({\"a\": oops)");
        answers("empty arguments", S + F0 + C + E, "", "functions.f:0()");
        answers(
                "long arguments",
                S + F0 + "{\"t\":\"" + "word ".repeat(100) + "\"}" + C + E,
                "",
                "functions.f:0({\"t\":\"" + "word ".repeat(100) + "\"})");
    }

    private void missingClosers() {
        thinks(
                "no end of thinking before the section",
                "I call f." + S + F0 + "{}" + C + E,
                "I call f.",
                "",
                "functions.f:0({})");
        thinks("no end of thinking, no section tag", "hm" + F0 + "{}" + C, "hm", "", "functions.f:0({})");
        answers("no section end", S + F0 + "{\"a\":1}" + C, "", "functions.f:0({\"a\":1})");
        answers(
                "no call end before the next call",
                S + F0 + "{\"a\":1}" + B + "functions.f:1" + A + "{}" + C + E,
                "",
                "functions.f:0({\"a\":1})",
                "functions.f:1({})");
        answers(
                "no call end before the section end",
                S + F0 + "{\"a\":1}" + E + "ok",
                "ok",
                "functions.f:0({\"a\":1})");
        answers("no closers at all", S + F0 + "{\"a\":1}", "", "functions.f:0({\"a\":1})");
        answers("stopped inside the arguments", S + F0 + "{\"a\":\"lon", "", "functions.f:0({\"a\":\"lon)?");
        answers(
                "stopped inside an emoji of the arguments",
                S + F0 + "{\"a\":\"\uD83D\uDE00",
                "",
                "functions.f:0({\"a\":\"\uD83D\uDE00)?");
        answers(
                "second call cut",
                S + F0 + "{}" + C + B + "functions.g:1" + A + "{\"x\"",
                "",
                "functions.f:0({})",
                "functions.g:1({\"x\")?");
        answers("cut by the end of the section", S + F0 + "{\"a\":" + E, "", "functions.f:0({\"a\":)?");
        damaged("stopped inside the id", S + B + "functions.get_wea", "", List.of(), "functions.get_wea");
        damaged("stopped at the call's first tag", "a" + S + B, "a", List.of(), "");
        answers("stopped at the section's first tag", "a" + S, "a");
        answers("section begun twice", S + S + F0 + "{}" + C + E + E, "", "functions.f:0({})");
        answers("stray closers", "a" + C + "b" + E + "c" + A + "d", "abcd");
    }

    private void headers() {
        answers("no functions prefix", S + B + "get_time:0" + A + "{}" + C + E, "", "functions.get_time:0({})");
        answers(
                "no index",
                S + B + "functions.f" + A + "{}" + C + B + "g" + A + "{}" + C + E,
                "",
                "functions.f:0({})",
                "functions.g:1({})");
        answers(
                "the same id twice",
                S + F0 + "{\"n\":1}" + C + F0 + "{\"n\":2}" + C + E,
                "",
                "functions.f:0({\"n\":1})",
                "functions.f:1({\"n\":2})");
        answers("colon in the name", S + B + "functions.mcp:read:4" + A + "{}" + C + E, "", "functions.mcp:read:4({})");
        answers(
                "no tag between id and arguments",
                S + B + "functions.f:0{\"a\":1}" + C + E,
                "",
                "functions.f:0({\"a\":1})");
        answers("no tag and cut", S + B + "functions.f:0 {\"a\":1", "", "functions.f:0({\"a\":1)?");
        answers("neither tag nor arguments", S + B + "functions.f:0" + C + E, "", "functions.f:0()");
        damaged(
                "no name",
                S + B + A + "{\"a\":1}" + C + F0 + "{}" + C + E,
                "",
                List.of("functions.f:0({})"),
                A + "{\"a\":1}");
        damaged("prefix only", S + B + "functions.:0" + A + "{}" + C + E, "", List.of(), "functions.:0" + A + "{}");
        damaged(
                "a sentence for a name",
                S + B + "call the function f:0" + A + "{}",
                "",
                List.of(),
                "call the function f:0" + A + "{}");
        damaged(
                "text between calls",
                S + "first " + F0 + "{}" + C + " then " + E + "ok",
                "ok",
                List.of("functions.f:0({})"),
                "first ",
                " then ");
    }

    private void singularTags() {
        thinks("singular section tags", "t</think>" + S1 + F0 + "{}" + C + E1, "t", "", "functions.f:0({})");
        thinks(
                "singular tags inside the thinking",
                "hm" + S1 + "\n" + F0 + "{\"a\":1}" + C + "\n" + E1 + "ok",
                "hm",
                "ok",
                "functions.f:0({\"a\":1})");
        answers("singular begin, plural end", S1 + F0 + "{}" + C + E, "", "functions.f:0({})");
        answers("plural begin, singular end", S + F0 + "{}" + C + E1 + "ok", "ok", "functions.f:0({})");
        answers("singular end without call end", S1 + F0 + "{\"a\":1}" + E1, "", "functions.f:0({\"a\":1})");
        answers(
                "singular tag as a word",
                "The tag " + S1 + " opens, " + E1 + " closes.",
                "The tag " + S1 + " opens, " + E1 + " closes.");
        answers("singular tag at the end", "see " + S1 + " ", "see " + S1 + " ");
        answers("singular tag cut", "see <|tool_call_section_be", "see <|tool_call_section_be");
        answers("singular tag twice", S1 + S1 + F0 + "{}" + C + E1, S1, "functions.f:0({})");
        answers(
                "singular tags in a string",
                S + F0 + "{\"s\":\"" + S1 + E1 + "\"}" + C + E,
                "",
                "functions.f:0({\"s\":\"" + S1 + E1 + "\"})");
    }

    private void writtenOut() {
        answers(
                "written-out tags are words",
                "Write \\<|tool_calls_section_begin|>\\<|tool_call_begin|>x:0\\<|tool_call_end|>",
                "Write " + S + B + "x:0" + C);
        thinks("written-out end of thinking", "a \\</think> b</think>c", "a </think> b", "c");
        answers(
                "written-out tags in arguments",
                S + F0 + "{\"s\":\"\\<|tool_call_end|>\"}" + C + E,
                "",
                "functions.f:0({\"s\":\"<|tool_call_end|>\"})");
        damaged("written-out call inside a section", S + "\\<|tool_call_begin|>f:0" + E, "", List.of(), B + "f:0");
    }
}
