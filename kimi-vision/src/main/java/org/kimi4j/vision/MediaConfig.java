package org.kimi4j.vision;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.kimi4j.config.VisionConfig;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.json.Json;

/**
 * The keys of {@code media_proc_cfg} in a checkpoint's preprocessor_config.json that decide what the tower sees.
 * {@code max_num_frames_each_video} is not here: the official sampling of a video never reads it.
 *
 * @param inPatchLimit most patches of an image, counted before padding
 * @param patchSize side of a patch in pixels
 * @param imageMean mean of red, green and blue, of values in 0..1
 * @param imageStd deviation of red, green and blue, of values in 0..1
 * @param mergeKernelSize patches merged into one token, per side
 * @param patchLimitOnOneSide most patches along one side
 * @param inPatchLimitEachFrame most patches of a video frame; {@code inPatchLimit} where the file has null
 * @param inPatchLimitVideo most patches of all frames of a chunk; {@link #NO_LIMIT} where the file has null
 * @param sampleFps frames taken from a second of video
 * @param temporalMergeKernelSize most frames of a chunk
 * @param timestampMode how the time of a chunk is written in the prompt
 */
public record MediaConfig(
        int inPatchLimit,
        int patchSize,
        List<Float> imageMean,
        List<Float> imageStd,
        int mergeKernelSize,
        int patchLimitOnOneSide,
        int inPatchLimitEachFrame,
        int inPatchLimitVideo,
        double sampleFps,
        int temporalMergeKernelSize,
        TimestampMode timestampMode) {

    /** The value of a limit that is not set. */
    public static final int NO_LIMIT = Integer.MAX_VALUE;

    /** The file in a checkpoint directory. */
    public static final String FILE_NAME = "preprocessor_config.json";

    /** The values that Kimi K2.5 and K2.6 ship. */
    public static final MediaConfig KIMI_K25 = new MediaConfig(
            16384,
            14,
            List.of(0.5f, 0.5f, 0.5f),
            List.of(0.5f, 0.5f, 0.5f),
            2,
            512,
            4096,
            NO_LIMIT,
            2.0,
            4,
            TimestampMode.HOURS_TO_MILLIS);

    /** How the time of a video chunk is written. */
    public enum TimestampMode {
        /** {@code 00:01:02.345}. */
        HOURS_TO_MILLIS("hh:mm:ss.fff"),
        /** {@code 01:02.345}. */
        MINUTES_TO_MILLIS("mm:ss.fff"),
        /** {@code 01:02}. */
        MINUTES_TO_SECONDS("mm:ss");

        private final String key;

        TimestampMode(String key) {
            this.key = key;
        }

        /** The name in preprocessor_config.json. */
        public String key() {
            return key;
        }
    }

    public MediaConfig {
        imageMean = List.copyOf(imageMean);
        imageStd = List.copyOf(imageStd);
        require(imageMean.size() == 3 && imageStd.size() == 3, "image_mean and image_std need three values each");
        require(imageMean.stream().allMatch(Float::isFinite), "image_mean needs finite values");
        require(imageStd.stream().allMatch(s -> Float.isFinite(s) && s > 0), "image_std needs values above 0");
        require(inPatchLimit > 0, "in_patch_limit must be above 0");
        require(patchSize > 0 && patchSize <= 1024, "patch_size must be in 1..1024");
        require(mergeKernelSize > 0 && mergeKernelSize <= 64, "merge_kernel_size must be in 1..64");
        require(inPatchLimitEachFrame > 0, "in_patch_limit_each_frame must be above 0");
        require(inPatchLimitVideo > 0, "in_patch_limit_video must be above 0");
        require(sampleFps > 0 && Double.isFinite(sampleFps), "sample_fps must be above 0");
        require(temporalMergeKernelSize > 0, "temporal_merge_kernel_size must be above 0");
        // Padding to whole tokens must not pass the limit of a side.
        require(
                patchLimitOnOneSide > 0 && patchLimitOnOneSide <= 65536 && patchLimitOnOneSide % mergeKernelSize == 0,
                "patch_limit_on_one_side must be a multiple of merge_kernel_size in 1..65536");
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(problem);
        }
    }

    /**
     * Checks that pictures are cut as the tower expects them.
     *
     * @param directory of the checkpoint, for the message
     * @throws UnsupportedModelException if preprocessor_config.json and config.json do not belong together
     */
    void requireMatch(VisionConfig tower, Path directory) {
        List<Integer> merge = List.of(mergeKernelSize, mergeKernelSize);
        if (patchSize != tower.patchSize() || !merge.equals(tower.mergeKernelSize())) {
            throw new UnsupportedModelException(directory.resolve(FILE_NAME) + ": patch_size " + patchSize
                    + " and merge_kernel_size " + mergeKernelSize + " differ from those of config.json, "
                    + tower.patchSize() + " and " + tower.mergeKernelSize());
        }
        if (temporalMergeKernelSize > tower.initPosEmbTime()) {
            throw new UnsupportedModelException(directory.resolve(FILE_NAME) + ": temporal_merge_kernel_size "
                    + temporalMergeKernelSize + " is more than init_pos_emb_time of config.json, "
                    + tower.initPosEmbTime());
        }
    }

    /** Side in pixels of the square that one token stands for. */
    public int tokenSide() {
        return patchSize * mergeKernelSize;
    }

    /**
     * Reads preprocessor_config.json of a checkpoint directory. A directory without the file gets
     * {@link #KIMI_K25}: all checkpoints of the family hold the same values.
     *
     * @throws CheckpointException if the file cannot be read or a value is of the wrong kind, with all problems
     * @throws UnsupportedModelException if the file asks for something this library does not do
     */
    public static MediaConfig read(Path directory) {
        Path file = directory.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return KIMI_K25;
        }
        Json.Obj root;
        try (InputStream in = Files.newInputStream(file)) {
            if (!(Json.parse(in) instanceof Json.Obj parsed)) {
                throw new CheckpointException(file + ": expected a JSON object");
            }
            root = parsed;
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
        } catch (Json.SyntaxException e) {
            throw new CheckpointException(file + ": not JSON: " + e.getMessage(), e);
        }
        return new Reader(file, root).config();
    }

    /** Collects the problems of one file. */
    private static final class Reader {
        private final Path file;
        private final List<String> problems = new ArrayList<>();
        private final Json.Obj values;

        Reader(Path file, Json.Obj root) {
            this.file = file;
            Json nested = root.get("media_proc_cfg").orElse(root);
            if (nested instanceof Json.Obj object) {
                values = object;
            } else {
                values = root;
                problems.add("media_proc_cfg: expected an object, found " + nested.write());
            }
        }

        MediaConfig config() {
            MediaConfig d = KIMI_K25;
            int inPatchLimit = integer("in_patch_limit", d.inPatchLimit, d.inPatchLimit);
            int patchSize = integer("patch_size", d.patchSize, d.patchSize);
            List<Float> mean = floats("image_mean", d.imageMean);
            List<Float> std = floats("image_std", d.imageStd);
            int merge = integer("merge_kernel_size", d.mergeKernelSize, d.mergeKernelSize);
            int side = integer("patch_limit_on_one_side", d.patchLimitOnOneSide, d.patchLimitOnOneSide);
            int eachFrame = integer("in_patch_limit_each_frame", d.inPatchLimitEachFrame, inPatchLimit);
            int video = integer("in_patch_limit_video", NO_LIMIT, NO_LIMIT);
            double sampleFps = number("sample_fps", d.sampleFps);
            int temporal = integer("temporal_merge_kernel_size", d.temporalMergeKernelSize, d.temporalMergeKernelSize);
            TimestampMode mode = timestampMode();
            if (!(values.get("fixed_output_tokens").orElse(new Json.Null()) instanceof Json.Null)) {
                throw new UnsupportedModelException(
                        file + ": fixed_output_tokens is set; only null, the value of Kimi K2.5, is supported");
            }
            throwProblems();
            try {
                return new MediaConfig(
                        inPatchLimit, patchSize, mean, std, merge, side, eachFrame, video, sampleFps, temporal, mode);
            } catch (IllegalArgumentException e) {
                throw new CheckpointException(file + ": " + e.getMessage(), e);
            }
        }

        private void throwProblems() {
            if (!problems.isEmpty()) {
                throw CheckpointException.of(file.toString(), problems);
            }
        }

        /** An integer; a float of integral value counts, as Python writes them. */
        private int integer(String key, int ifAbsent, int ifNull) {
            Json value = values.get(key).orElse(null);
            if (value == null) {
                return ifAbsent;
            }
            if (value instanceof Json.Null) {
                return ifNull;
            }
            double number = value instanceof Json.Num num ? num.value().doubleValue() : Double.NaN;
            if (number != Math.rint(number) || Math.abs(number) > 1e9) {
                problems.add(key + ": expected an integer, found " + value.write());
                return ifAbsent;
            }
            return (int) number;
        }

        private double number(String key, double ifAbsent) {
            Json value = values.get(key).orElse(null);
            if (value == null) {
                return ifAbsent;
            }
            if (value instanceof Json.Num num) {
                return num.value().doubleValue();
            }
            problems.add(key + ": expected a number, found " + value.write());
            return ifAbsent;
        }

        private List<Float> floats(String key, List<Float> ifAbsent) {
            Json value = values.get(key).orElse(null);
            if (value == null) {
                return ifAbsent;
            }
            List<Float> floats = new ArrayList<>();
            if (value instanceof Json.Arr(List<Json> items)) {
                for (Json item : items) {
                    if (item instanceof Json.Num num) {
                        floats.add(num.value().floatValue());
                    }
                }
                if (items.size() == 3 && floats.size() == 3) {
                    return floats;
                }
            }
            problems.add(key + ": expected three numbers, found " + value.write());
            return ifAbsent;
        }

        private TimestampMode timestampMode() {
            Json value = values.get("timestamp_mode").orElse(null);
            if (value == null) {
                return KIMI_K25.timestampMode;
            }
            for (TimestampMode mode : TimestampMode.values()) {
                if (value instanceof Json.Str(String text) && text.equals(mode.key)) {
                    return mode;
                }
            }
            problems.add("timestamp_mode: expected hh:mm:ss.fff, mm:ss.fff or mm:ss, found " + value.write());
            return KIMI_K25.timestampMode;
        }
    }
}
