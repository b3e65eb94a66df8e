package org.kimi4j.spring;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.kimi4j.spring.openai.OpenAiProperties;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;

/**
 * The names that settings may have. What is about the model is under {@code kimi}, what is about requests under
 * {@code spring.ai.kimi.chat}; a name in the wrong place, or one that nobody reads, is refused instead of ignored.
 */
final class PropertyNames {

    private static final String MODEL = "kimi.";
    private static final String CHAT = "spring.ai.kimi.chat.";
    private static final List<String> MODEL_KEYS = keys(KimiProperties.class);
    private static final List<String> CHAT_KEYS = keys(KimiChatProperties.class);
    private static final List<String> OPENAI_KEYS = keys(OpenAiProperties.class);

    /** System properties and environment variables of the library itself, not of Spring. */
    private static final List<String> OF_THE_LIBRARY =
            List.of("home", "vectorbits", "log", "java", "classpath", "class", "checkpoint");

    /** Names that people try, in uniform form. */
    private static final Map<String, String> MEANT = Map.of(
            "modelpath", "kimi.path",
            "model", "kimi.path",
            "memorybudget", "kimi.kv-budget",
            "kvdtype", "kimi.kv-type",
            "queue", "kimi.queue-capacity",
            "stopsequences", "spring.ai.kimi.chat.stop",
            "maxoutputtokens", "spring.ai.kimi.chat.max-tokens");

    private PropertyNames() {}

    private static List<String> keys(Class<? extends Record> properties) {
        return Arrays.stream(properties.getRecordComponents())
                .map(RecordComponent::getName)
                .map(PropertyNames::kebab)
                .toList();
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** @throws WrongPropertyException for the first name that is wrong */
    static void check(Environment environment) {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            boolean ofMachine = source.getUnderlyingSource() instanceof PropertySource<?> p
                    && (p.getName().equals("systemEnvironment") || p.getName().equals("systemProperties"));
            if (source instanceof IterableConfigurationPropertySource names) {
                names.stream().forEach(name -> check(name, ofMachine));
            }
        }
    }

    private static void check(ConfigurationPropertyName name, boolean ofMachine) {
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < name.getNumberOfElements() && !name.isNumericIndex(i); i++) {
            elements.add(name.getElement(i, Form.UNIFORM));
        }
        if (elements.size() > 1 && elements.getFirst().equals("kimi")) {
            model(name.toString(), elements.subList(1, elements.size()), ofMachine);
        } else if (elements.size() > 3 && elements.subList(0, 3).equals(List.of("spring", "ai", "kimi"))) {
            chat(name.toString(), elements.subList(3, elements.size()));
        }
    }

    private static void model(String name, List<String> rest, boolean ofMachine) {
        String key = rest.getFirst();
        if (key.equals("openai") && rest.size() == 2) {
            if (find(OPENAI_KEYS, rest.get(1)).isEmpty()) {
                throw unknown(name, "kimi.openai.", OPENAI_KEYS, rest.get(1));
            }
            return;
        }
        if (rest.size() == 1 && find(MODEL_KEYS, key).isPresent()) {
            return;
        }
        Optional<String> ofRequests = find(CHAT_KEYS, rest.getLast());
        if (ofRequests.isPresent()) {
            throw new WrongPropertyException(
                    name, "is about requests, not about the model", "write " + CHAT + ofRequests.get() + " instead");
        }
        if (!(ofMachine && OF_THE_LIBRARY.contains(key))) {
            throw unknown(name, MODEL, MODEL_KEYS, rest.getLast());
        }
    }

    private static void chat(String name, List<String> rest) {
        if (rest.size() == 2
                && rest.getFirst().equals("chat")
                && find(CHAT_KEYS, rest.get(1)).isPresent()) {
            return;
        }
        Optional<String> ofModel = find(MODEL_KEYS, rest.getLast());
        if (ofModel.isPresent()) {
            throw new WrongPropertyException(
                    name, "is about the model, not about requests", "write " + MODEL + ofModel.get() + " instead");
        }
        throw unknown(name, CHAT, CHAT_KEYS, rest.getLast());
    }

    private static Optional<String> find(List<String> keys, String uniform) {
        return keys.stream().filter(k -> k.replace("-", "").equals(uniform)).findFirst();
    }

    private static WrongPropertyException unknown(String name, String prefix, List<String> keys, String uniform) {
        Optional<String> meant = Optional.ofNullable(MEANT.get(uniform))
                .or(() -> find(keys, uniform).map(prefix::concat));
        return new WrongPropertyException(
                name,
                "no such property",
                meant.map(m -> "write " + m + " instead")
                        .orElse("remove it, or write one of " + prefix + String.join(", " + prefix, keys)));
    }
}
