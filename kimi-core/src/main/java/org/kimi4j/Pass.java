package org.kimi4j;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.error.CancelledException;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.Rows;
import org.kimi4j.model.TextModel;
import org.kimi4j.tensor.Tensor;

/** One pass of the model over the next rows of several requests. For the engine's thread. */
final class Pass {

    /** The rows one request has in a pass. */
    record Share(Generation generation, int first, int count) {}

    /** Told what positions a cache is about to get. */
    interface Room {
        void make(LatentCache cache, int newLength);
    }

    /** Rows of a prompt beside which others wait for their next token. */
    private static final int SHARED_CHUNK = 128;

    private final TextModel model;
    private final Kernels kernels;
    private final Room room;
    private float[] hidden = {};

    Pass(TextModel model, Kernels kernels, Room room) {
        this.model = model;
        this.kernels = kernels;
        this.room = room;
    }

    /**
     * Who takes part in the next pass: everyone who can go on, and one of those that still read their prompt.
     *
     * @param chunk the most rows of a prompt
     */
    static List<Share> shares(List<Generation> active, int chunk) {
        List<Share> shares = new ArrayList<>();
        Generation reader = null;
        for (Generation g : active) {
            if (!g.events().hasRoom()) {
                continue;
            }
            if (g.pending() > 1) {
                reader = reader == null ? g : reader;
            } else {
                shares.add(new Share(g, g.timeline().length(), 1));
            }
        }
        if (reader != null) {
            int most = shares.isEmpty() ? chunk : Math.min(chunk, SHARED_CHUNK);
            shares.add(new Share(reader, reader.timeline().length(), Math.min(reader.pending(), most)));
        }
        return shares;
    }

    /**
     * Reads the rows; returns the logits [wanted, vocabulary] of those requests that have no token left to read, in the order
     * of {@code wanted}, which it fills.
     *
     * @throws CancelledException between two layers if a request was cancelled or {@code closing} says so
     */
    Tensor run(List<Share> shares, List<Generation> wanted, BooleanSupplier closing) {
        int count = 0;
        for (Share share : shares) {
            count += share.count;
        }
        int[] tokens = new int[count];
        int[] position = new int[count];
        int[] sequence = new int[count];
        boolean[] prompt = new boolean[count];
        LatentCache[] caches = new LatentCache[shares.size()];
        int[] lastRow = new int[shares.size()];
        int row = 0;
        for (int s = 0; s < shares.size(); s++) {
            Share share = shares.get(s);
            caches[s] = share.generation.timeline().cache();
            room.make(caches[s], share.first + share.count);
            share.generation.grow(share.count);
            for (int i = 0; i < share.count; i++, row++) {
                position[row] = share.first + i;
                sequence[row] = s;
                tokens[row] = share.generation.token(position[row]);
                prompt[row] = share.generation.isPrompt(position[row]);
            }
            if (share.generation.pending() == 0) {
                wanted.add(share.generation);
            }
            lastRow[s] = row - 1;
        }
        Tensor x = model.embed(tokens);
        int first = 0;
        for (Share share : shares) {
            share.generation.placeMedia(x.rows(first, share.count), share.first, kernels);
            first += share.count;
        }
        Rows rows = new Rows(position, sequence, prompt, caches);
        model.forward(x, rows, () -> closing.getAsBoolean() || anyCancelled(shares));
        return wanted.isEmpty() ? x : model.logits(lastRows(x, lastRow, shares, wanted));
    }

    private Tensor lastRows(Tensor x, int[] lastRow, List<Share> shares, List<Generation> wanted) {
        Tensor last = kernels.workspace().allocate(wanted.size(), x.cols());
        if (hidden.length != x.cols()) {
            hidden = new float[x.cols()];
        }
        int to = 0;
        for (int s = 0; s < shares.size(); s++) {
            if (wanted.contains(shares.get(s).generation)) {
                kernels.read(x, lastRow[s], hidden);
                kernels.write(last, to++, hidden);
            }
        }
        return last;
    }

    private static boolean anyCancelled(List<Share> shares) {
        for (Share share : shares) {
            if (share.generation.isCancelled()) {
                return true;
            }
        }
        return false;
    }

    /** Forgets the rows of a pass that did not come to its end. */
    static void undo(List<Share> shares) {
        for (Share share : shares) {
            share.generation.timeline().truncate(share.first);
        }
    }
}
