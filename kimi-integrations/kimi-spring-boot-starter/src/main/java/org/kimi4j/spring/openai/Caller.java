package org.kimi4j.spring.openai;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decides who is served: whoever has the key, or without a key, programs of this machine and pages they serve. */
final class Caller {

    private static final List<String> FORWARDED = List.of("Forwarded", "X-Forwarded-For", "X-Real-IP");

    private Caller() {}

    /** @throws ApiFailure if the request is not served, with what to do about it */
    static void require(HttpServletRequest request, @Nullable String key) {
        if (key != null && !key.isBlank()) {
            requireKey(request.getHeader("Authorization"), key);
            return;
        }
        for (String header : FORWARDED) {
            if (request.getHeader(header) != null) {
                throw refused("the request came through a proxy (" + header + ")");
            }
        }
        // Not resolved by name: the address of a connection is a literal.
        if (!isLoopback(request.getRemoteAddr())) {
            throw refused("the request came from " + request.getRemoteAddr());
        }
        // A page of another site may reach this machine through the browser of a person on it.
        if (!isLoopback(request.getServerName())) {
            throw refused("the request is for the host " + request.getServerName());
        }
        String origin = request.getHeader("Origin");
        if (origin != null && !isLoopback(hostOf(origin))) {
            throw refused("the request came from a page of " + origin);
        }
    }

    private static ApiFailure refused(String why) {
        return new ApiFailure(
                403,
                "api_key_required",
                null,
                why + ", and without a key only programs of this machine are served: set kimi.openai.api-key");
    }

    private static void requireKey(@Nullable String header, String key) {
        byte[] expected = ("Bearer " + key).getBytes(StandardCharsets.UTF_8);
        byte[] found = (header == null ? "" : header).getBytes(StandardCharsets.UTF_8);
        if (!MessageDigest.isEqual(expected, found)) {
            throw new ApiFailure(
                    401, "invalid_api_key", null, "the key is missing or wrong: send Authorization: Bearer KEY");
        }
    }

    private static String hostOf(String origin) {
        try {
            String host = URI.create(origin).getHost();
            return host == null ? "" : host;
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static boolean isLoopback(@Nullable String host) {
        if (host == null || host.isEmpty()) {
            return false;
        }
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        if (bare.equalsIgnoreCase("localhost")) {
            return true;
        }
        try {
            return (bare.indexOf(':') >= 0 || bare.matches("[0-9.]+"))
                    && InetAddress.getByName(bare).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
