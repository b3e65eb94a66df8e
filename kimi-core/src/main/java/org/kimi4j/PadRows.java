package org.kimi4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.MediaException;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.spi.MediaEncoder;
import org.kimi4j.tensor.Tensor;

/** Pictures and videos whose vectors stand at the pads of given tokens, in order; owns the items. */
final class PadRows implements AutoCloseable {

    /** No media, for tokens whose pads are ordinary tokens. */
    static final PadRows NONE = new PadRows(null, List.of(), new int[0]);

    /** The pads {@code first} to {@code first + count - 1} belong to one chunk. */
    private record Run(MediaEncoder.Prepared item, int chunk, int first, int count) {}

    private final @Nullable MediaEncoder encoder;
    private final List<MediaEncoder.Prepared> items;
    private final List<Run> runs = new ArrayList<>();
    private final int[] pads;
    private int encodedRun = -1;
    private MediaEncoder.@Nullable Encoded encoded;

    /**
     * @param items decoded
     * @param pads indices of the pads in the tokens, ascending
     * @throws MediaException if there are more or fewer pads than vectors
     */
    PadRows(@Nullable MediaEncoder encoder, List<MediaEncoder.Prepared> items, int[] pads) {
        this.encoder = encoder;
        this.items = items;
        this.pads = pads;
        int rows = 0;
        for (MediaEncoder.Prepared item : items) {
            for (int chunk = 0; chunk < item.tokens().chunkCount(); chunk++) {
                int count = item.tokens().tokensOf(chunk);
                runs.add(new Run(item, chunk, rows, count));
                rows += count;
            }
        }
        if (rows != pads.length) {
            throw new MediaException("the tokens have " + pads.length + " pads, the " + items.size()
                    + " pictures and videos become " + rows + " vectors: there must be one pad for each");
        }
    }

    /**
     * Overwrites the rows of pads, encoding what is needed. On the engine's thread.
     *
     * @param x rows of the tokens {@code first} and following
     */
    void place(Tensor x, int first, Kernels kernels, BooleanSupplier cancelled) {
        if (encoder == null) {
            return;
        }
        float[] row = new float[x.cols()];
        for (int r = 0; r < runs.size(); r++) {
            Run run = runs.get(r);
            for (int i = 0; i < run.count; i++) {
                int at = pads[run.first + i] - first;
                if (at >= 0 && at < x.rows()) {
                    rowsOf(r, encoder, cancelled).copyRow(i, row);
                    kernels.write(x, at, row);
                }
            }
        }
    }

    private MediaEncoder.Encoded rowsOf(int r, MediaEncoder encoder, BooleanSupplier cancelled) {
        MediaEncoder.Encoded present = encoded;
        if (present == null || encodedRun != r) {
            encoded = null; // one item's vectors at a time
            Run run = runs.get(r);
            present = encoder.encode(run.item, run.chunk, cancelled, (_, _) -> {});
            encoded = present;
            encodedRun = r;
        }
        return present;
    }

    /** The indices at which an id stands. */
    static int[] find(int[] tokens, int id) {
        int[] found = new int[tokens.length];
        int count = 0;
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] == id) {
                found[count++] = i;
            }
        }
        return Arrays.copyOf(found, count);
    }

    @Override
    public void close() {
        MediaDoor.close(items);
    }
}
