package org.kimi4j.spring.openai;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The OpenAI-compatible endpoint.
 *
 * @param enabled whether there is one
 * @param basePath where it is; clients append /models and /chat/completions
 * @param apiKey what clients send as bearer token; without one, only clients on this machine are served
 * @param maxBody largest request
 * @param maxPictures most pictures and videos of a request
 * @param maxTokens most tokens that a request may ask for
 * @param heartbeat how long nothing is sent to a client that waits; one that hung up is noticed when something is
 * @param timeout longest time from a request to its last token
 */
@ConfigurationProperties("kimi.openai")
public record OpenAiProperties(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("/v1") String basePath,
        @Nullable String apiKey,
        @DefaultValue("32MB") DataSize maxBody,
        @DefaultValue("16") int maxPictures,
        @DefaultValue("8192") int maxTokens,
        @DefaultValue("2s") Duration heartbeat,
        @DefaultValue("10m") Duration timeout) {}
