package org.kimi4j.verifier;

import static org.kimi4j.verifier.Said.refused;
import static org.kimi4j.verifier.Said.runs;
import static org.kimi4j.verifier.Script.named;

import java.util.List;

/** Where the reasoning ends and the answer or a call begins. */
final class ThinkingCases {

    private static final String PARIS = "{\"city\": \"Paris\"}";
    private static final String OSLO = "{\"city\": \"Oslo\"}";
    private static final String PARIS_CALL = "[C]functions.get_weather:0[A]" + PARIS + "[/C]";

    private ThinkingCases() {}

    static List<ToolCase> all() {
        return List.of(
                named("a section begins inside the thinking, nothing closes it")
                        .like("vllm-project/vllm#33646")
                        .reply(
                                "I need the weather.[S]" + PARIS_CALL + "[/S]",
                                Said.of("I need the weather.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("a call without a section begins inside the thinking")
                        .like("vllm-project/vllm#32216")
                        .reply(
                                "I need the weather." + PARIS_CALL,
                                Said.of("I need the weather.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("tags of two calls do not leak into the streamed reasoning")
                        .like("vllm-project/vllm#34955")
                        .reply(
                                "Both. [S]" + PARIS_CALL + "[C]functions.get_time:1[A]" + OSLO + "[/C][/S]",
                                Said.of(
                                        "Both. ",
                                        "",
                                        runs("functions.get_weather:0", PARIS),
                                        runs("functions.get_time:1", OSLO)))
                        .answer("Sunny, noon."),
                named("a function with a hyphen is called inside the thinking")
                        .like("sgl-project/sglang#19552")
                        .reply(
                                "Lists.[S][C]functions.gtasks_list-tasklists:0[A]{\"max\": 3}[/C][/S]",
                                Said.of("Lists.", "", runs("functions.gtasks_list-tasklists:0", "{\"max\": 3}")))
                        .answer("Three."),
                named("the thinking is closed in one reply and not in the next")
                        .like("sgl-project/sglang#18086")
                        .reply(
                                "First.</think>[S]" + PARIS_CALL + "[/S]",
                                Said.of("First.", "", runs("functions.get_weather:0", PARIS)))
                        .reply(
                                "Second.[S][C]functions.get_weather:1[A]" + OSLO + "[/C][/S]",
                                Said.of("Second.", "", runs("functions.get_weather:1", OSLO)))
                        .answer("Both are sunny."),
                named("a section tag is never part of the reasoning")
                        .like("MoonshotAI/Kimi-K2#89")
                        .reply(
                                "Let me see.\n[S]" + PARIS_CALL + "[/S]",
                                Said.of("Let me see.\n", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("noise between section and call is neither reasoning nor answer")
                        .like("vllm-project/vllm#28543")
                        .reply(
                                "Reasoning.[S] spurious text " + PARIS_CALL + "[/S]",
                                Said.of(
                                        "Reasoning.",
                                        "",
                                        runs("functions.get_weather:0", PARIS),
                                        Said.unreadable(1, " spurious text ")))
                        .answer("Sunny."),
                named("several sections inside the thinking")
                        .like("ikawrakow/ik_llama.cpp#942")
                        .reply(
                                "One.[S]" + PARIS_CALL + "[/S][S][C]functions.get_time:1[A]" + OSLO + "[/C][/S]",
                                Said.of(
                                        "One.",
                                        "",
                                        runs("functions.get_weather:0", PARIS),
                                        runs("functions.get_time:1", OSLO)))
                        .answer("Sunny, noon."),
                named("the prompt opened the thinking, the reply only closes it")
                        .like("vllm-project/vllm#37397")
                        .reply("Easy: four.</think>Four.", Said.of("Easy: four.", "Four."))
                        .build(),
                named("the closing tag is a control token and must not be skipped")
                        .like("ai-dynamo/dynamo#9227")
                        .reply(
                                "A capital.</think>The capital of France is Paris.",
                                Said.of("A capital.", "The capital of France is Paris."))
                        .build(),
                named("no reasoning outside of its place")
                        .like("ikawrakow/ik_llama.cpp#1209")
                        .reply("Step 1.\n\nStep 2.</think>\n\nDone.", Said.of("Step 1.\n\nStep 2.", "\n\nDone."))
                        .build(),
                named("the chain of thought is not in the answer")
                        .like("kvcache-ai/ktransformers#1816")
                        .reply(
                                "The user greets me. I greet back.</think>Hello!",
                                Said.of("The user greets me. I greet back.", "Hello!"))
                        .build(),
                named("the model opens the thinking that the prompt has opened")
                        .like("lightseekorg/smg#1873")
                        .reply("<think>Once more.</think>Yes.", Said.of("Once more.", "Yes."))
                        .build(),
                named("a stray closing tag in instant mode is no text")
                        .like("vllm-project/vllm#36207")
                        .instant()
                        .reply("</think>Paris.", Said.of("", "Paris."))
                        .build(),
                named("instant replies are answers, not reasoning")
                        .like("ggml-org/llama.cpp#19234")
                        .instant()
                        .reply("Hello! How can I help?", Said.of("", "Hello! How can I help?"))
                        .build(),
                named("instant replies call tools too")
                        .instant()
                        .reply("[S]" + PARIS_CALL + "[/S]", Said.of("", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("reasoning without an answer is no answer")
                        .reply("I think and think", Said.of("I think and think", ""))
                        .build(),
                named("an answer about the tag keeps the tag")
                        .reply(
                                "A tag.</think>Write <think> and </think>.",
                                Said.of("A tag.", "Write <think> and </think>."))
                        .build(),
                named("a call inside the thinking that is cut is not run")
                        .reply(
                                "Now.[S]" + PARIS_CALL + "[C]functions.get_time:1[A]{\"city\": \"Os",
                                Said.of(
                                        "Now.",
                                        "",
                                        runs("functions.get_weather:0", PARIS),
                                        refused("functions.get_time:1", "{\"city\": \"Os")))
                        .answer("Sunny."));
    }
}
