package org.kimi4j.vision;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.json.Json;

/** What preprocessing makes of a picture or a video, as JSON text; printed by {@code ./kimi preprocess}. */
public final class PreprocessReport {

    private PreprocessReport() {}

    /**
     * An image: its sizes, its tokens, and under {@code rgb_sha256} the SHA-256 of the padded pixels.
     *
     * @return an object with width, height, resized_width, resized_height, pad_width, pad_height, grid_h, grid_w, tokens
     *     and rgb_sha256
     */
    public static String image(MediaItem item) {
        Map<String, Json> members = members(item.geometry());
        members.put("rgb_sha256", new Json.Str(sha256(item.rgb())));
        return new Json.Obj(members).write();
    }

    /**
     * A size without a picture.
     *
     * @return an object with the keys of {@link #image} except rgb_sha256
     */
    public static String geometry(Geometry geometry) {
        return new Json.Obj(members(geometry)).write();
    }

    /**
     * The frames taken from a video.
     *
     * @return an object with frame_indices and chunks, each with timestamp and frames
     */
    public static String plan(VideoPlan plan) {
        List<Json> chunks = new ArrayList<>();
        for (VideoPlan.Chunk chunk : plan.chunks()) {
            Map<String, Json> members = new LinkedHashMap<>();
            members.put("timestamp", new Json.Str(chunk.timestamp()));
            members.put("frames", numbers(chunk.frames()));
            chunks.add(new Json.Obj(members));
        }
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("frame_indices", numbers(plan.frameIndices()));
        members.put("chunks", new Json.Arr(chunks));
        return new Json.Obj(members).write();
    }

    private static Map<String, Json> members(Geometry g) {
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("width", Json.Num.of(g.width()));
        members.put("height", Json.Num.of(g.height()));
        members.put("resized_width", Json.Num.of(g.resizedWidth()));
        members.put("resized_height", Json.Num.of(g.resizedHeight()));
        members.put("pad_width", Json.Num.of(g.padWidth()));
        members.put("pad_height", Json.Num.of(g.padHeight()));
        members.put("grid_h", Json.Num.of(g.gridH()));
        members.put("grid_w", Json.Num.of(g.gridW()));
        members.put("tokens", Json.Num.of(g.tokens()));
        return members;
    }

    private static Json numbers(List<Integer> values) {
        List<Json> items = new ArrayList<>();
        for (int value : values) {
            items.add(Json.Num.of(value));
        }
        return new Json.Arr(items);
    }

    private static String sha256(byte[] data) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
