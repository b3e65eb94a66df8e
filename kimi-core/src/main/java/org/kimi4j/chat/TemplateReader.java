package org.kimi4j.chat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kimi4j.error.UnsupportedModelException;

/**
 * Recognises the official chat templates. A template is taken for one of them if it uses what that one needs and no
 * word that none of them has: a changed template usually brings a name of its own, and a wrong prompt costs accuracy
 * silently, so anything else is refused.
 */
final class TemplateReader {

    /** Names, tags and words of text outside Jinja comments. */
    private static final Pattern WORD = Pattern.compile("<\\|\\w+\\|>|</?[A-Za-z]+>|[A-Za-z_]\\w*");

    private static final Pattern COMMENT = Pattern.compile("\\{#.*?#}", Pattern.DOTALL);
    private static final Pattern KEEPS_BY_DEFAULT =
            Pattern.compile("preserve_thinking\\s*\\|\\s*default\\(\\s*[Tt]rue");
    private static final Pattern CODE_KEEPS = Pattern.compile("preserve_thinking\\W{1,4}(bool\\s*=\\s*)?True");
    private static final Pattern SPACED_TOOLS = Pattern.compile("tools\\s*\\|\\s*tojson\\s*(\\(\\s*\\))?\\s*}}");

    /** What all of them share. */
    private static final Set<String> COMMON = words("""
            </think> <think> <|im_assistant|> <|im_end|> <|im_middle|> <|im_system|> <|im_user|> <|media_content|>
            <|media_end|> <|media_pad|> <|tool_call_argument_begin|> <|tool_call_begin|> <|tool_call_end|>
            <|tool_calls_section_begin|> <|tool_calls_section_end|> Return add_generation_prompt arguments assistant
            content function get id image image_url last_non_tool_call_assistant_msg message messages name
            reasoning_content role system text tojson tool tool_call_id tool_calls tool_declare tools type user
            """);
    /** Jinja's own words, and names that are local to a template. */
    private static final Set<String> NEUTRAL = words("""
            and break c continue default defined elif else endfor endif endmacro false False for formatted_id hist_msgs
            idx if in is length loop macro msg namespace none None not ns of or range rc render_content
            render_toolcalls role_name separators set set_roles string suffix_msgs tool_call true True
            """);

    private static final Set<String> K2_5 =
            words("<|media_begin|> <|kimi_k25_video_placeholder|> thinking tools_ts_str video video_url");
    private static final Set<String> K2_6 = words("preserve_thinking reasoning");
    private static final Set<String> K2_THINKING =
            words("<|media_start|> You are Kimi an AI assistant created by Moonshot");

    /** Names that a template of the group may lack without rendering anything else. */
    private static final Set<String> OPTIONAL = words("reasoning system");

    private TemplateReader() {}

    static FormatChoice choose(ModelFacts facts) {
        return facts.template().isBlank() ? withoutTemplate(facts) : byTemplate(facts);
    }

    private static FormatChoice withoutTemplate(ModelFacts facts) {
        String found = "no chat template; model_type " + facts.modelType();
        return switch (facts.modelType()) {
            case "kimi_k25" -> {
                if (facts.nameSays("k2.7")) {
                    yield choice(ChatFormat.K2_7_CODE, found + ", named " + facts.name());
                }
                yield facts.endsTurn()
                        ? choice(ChatFormat.K2_6, found + " with <|im_end|> as end of sequence")
                        : choice(ChatFormat.K2_5, found + " with [EOS] as end of sequence");
            }
            case "kimi_k2", "deepseek_v3" ->
                choice(ChatFormat.K2_THINKING, found + ", of which only K2 Thinking has INT4 weights");
            default -> throw refused(found + " is not of the Kimi K2 family");
        };
    }

    private static FormatChoice byTemplate(ModelFacts facts) {
        Set<String> found = wordsOf(facts.template());
        Set<String> unknown = new TreeSet<>(found);
        for (Set<String> known : List.of(COMMON, NEUTRAL, K2_5, K2_6, K2_THINKING)) {
            unknown.removeAll(known);
        }
        if (!unknown.isEmpty()) {
            throw refused("the chat template uses what no official one has: " + shown(unknown));
        }
        Set<String> missing = missing(COMMON, found);
        if (!missing.isEmpty()) {
            throw refused("the chat template lacks what every official one has: " + shown(missing));
        }
        if (missing(K2_THINKING, found).isEmpty() && !found.contains("thinking")) {
            boolean spaced = SPACED_TOOLS.matcher(facts.template()).find();
            String reason = "chat template with a default system prompt and without a switch for thinking";
            return new FormatChoice(ChatFormat.K2_THINKING, reason, spaced);
        }
        if (found.contains("<|media_start|>") || !missing(K2_5, found).isEmpty()) {
            throw refused("the chat template is a mixture of official ones; for k2.5 it lacks "
                    + shown(missing(K2_5, found)));
        }
        return withMedia(facts, found);
    }

    private static FormatChoice withMedia(ModelFacts facts, Set<String> found) {
        if (!found.contains("preserve_thinking")) {
            return choice(ChatFormat.K2_5, "chat template with media and thinking, without preserve_thinking");
        }
        String keeps = "chat template with preserve_thinking";
        if (KEEPS_BY_DEFAULT.matcher(facts.template()).find()) {
            return choice(ChatFormat.K2_7_CODE, keeps + ", on by default");
        }
        if (CODE_KEEPS.matcher(facts.tokenizerCode()).find()) {
            return choice(ChatFormat.K2_7_CODE, keeps + ", switched on by the tokenizer's code");
        }
        if (facts.nameSays("k2.7")) {
            return choice(ChatFormat.K2_7_CODE, keeps + " in a model named " + facts.name());
        }
        return choice(ChatFormat.K2_6, keeps + ", off by default");
    }

    private static FormatChoice choice(ChatFormat format, String reason) {
        return new FormatChoice(format, reason, false);
    }

    private static UnsupportedModelException refused(String what) {
        return new UnsupportedModelException(
                "chat format: " + what + "; name the format the model was trained on: " + ChatFormat.labels());
    }

    private static Set<String> missing(Set<String> needed, Set<String> found) {
        Set<String> missing = new TreeSet<>(needed);
        missing.removeAll(found);
        missing.removeAll(OPTIONAL);
        return missing;
    }

    private static String shown(Set<String> words) {
        String all = String.join(", ", words);
        return all.length() <= 300 ? all : all.substring(0, 300) + "... (" + words.size() + " words)";
    }

    private static Set<String> words(String list) {
        return Set.of(list.strip().split("\\s+"));
    }

    private static Set<String> wordsOf(String template) {
        Set<String> words = new HashSet<>();
        Matcher matcher = WORD.matcher(COMMENT.matcher(template).replaceAll(""));
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }
}
