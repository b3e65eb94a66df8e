package org.kimi4j.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Masks by the places they are for. A mask depends on the frames that a token can reach, which are few: the frame itself,
 * and as many below as a token that ends it goes on into. Frames that no token can tell apart count as one, such as
 * strings of which more characters are left than any token has. Safe for all threads; bounded, the masks used longest ago
 * go first.
 */
final class MaskCache {

    /** Masks at most; one has a bit for each token, 20 kB for 160,000. */
    static final int MOST = 512;

    private final Lexicon lexicon;
    private final int reach; // levels that a token, and what must follow it, may open
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Place, List<Entry>> entries = new LinkedHashMap<>(64, 0.75f, true);
    private int size;

    private record Entry(Frame frame, MaskBuilder.Result result) {}

    /**
     * @param deepest depth of the deepest of all shortest texts
     */
    MaskCache(Lexicon lexicon, int deepest) {
        this.lexicon = lexicon;
        this.reach = deepest + lexicon.mostOpeners();
    }

    /** A frame as far as it can be told from others by itself. */
    private final class Place {
        private final Frame frame;

        Place(Frame frame) {
            this.frame = frame;
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Place other && alike(frame, other.frame, false);
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(frame.shape) * 31 + frame.state * 7 + frame.place;
        }
    }

    Mask mask(Frame frame) {
        Keys keys = frame.keys;
        if (frame.shape instanceof ObjectShape object
                && frame.state == ObjectShape.KEY
                && keys != null
                && keys.used.length > 0) {
            return keyMask(object, frame, keys);
        }
        return remembered(frame).mask();
    }

    /** The mask inside a further key: as in an object without others, less the tokens that would end it as one of those. */
    private Mask keyMask(ObjectShape object, Frame frame, Keys keys) {
        if (object.countsMembers() || keys.used.length + lexicon.longest() >= Keys.MOST) {
            return MaskBuilder.build(lexicon, frame).mask();
        }
        MaskBuilder.Result alone = remembered(frame.at(frame.state, frame.count, frame.place, keys.alone()));
        if (alone.keysMattered()) {
            return MaskBuilder.build(lexicon, frame).mask(); // a token with two keys
        }
        if (!keys.meetsUsed()) {
            return alone.mask();
        }
        BitSet allowed = (BitSet) alone.mask().allowed().clone();
        for (int i = keys.from; i < keys.to; i++) {
            TokenTree tree = lexicon.all();
            int node = -1;
            for (int at = keys.length; at <= keys.used[i].length; at++) {
                int b = at == keys.used[i].length ? '"' : keys.used[i][at] & 0xFF;
                node = at == keys.length ? tree.first(b) : tree.child(node, b);
                if (node < 0) {
                    break;
                }
            }
            for (int n = node; node >= 0 && n < tree.skip(node); n++) {
                if (tree.token(n) != TokenTree.NO_TOKEN) {
                    allowed.clear(tree.token(n));
                }
            }
        }
        return new Mask(allowed, alone.mask().growth());
    }

    private MaskBuilder.Result remembered(Frame frame) {
        Place place = new Place(frame);
        lock.lock();
        try {
            for (Entry entry : entries.getOrDefault(place, List.of())) {
                if (isFor(entry, frame)) {
                    return entry.result;
                }
            }
        } finally {
            lock.unlock();
        }
        MaskBuilder.Result made = MaskBuilder.build(lexicon, frame);
        lock.lock();
        try {
            entries.computeIfAbsent(place, _ -> new ArrayList<>()).add(new Entry(frame, made));
            size++;
            Iterator<List<Entry>> oldest = entries.values().iterator();
            while (size > MOST) {
                size -= oldest.next().size();
                oldest.remove();
            }
        } finally {
            lock.unlock();
        }
        return made;
    }

    /** Bytes of the masks held. */
    long bytes() {
        lock.lock();
        try {
            return (long) size * lexicon.size() / Byte.SIZE;
        } finally {
            lock.unlock();
        }
    }

    private boolean isFor(Entry entry, Frame frame) {
        Frame a = frame;
        Frame b = entry.frame;
        int levels = b.height - entry.result.lowestHeight();
        for (int i = 0; i <= levels; i++) {
            if (!alike(a, b, entry.result.keysMattered())) {
                return false;
            }
            if (i < levels) {
                if (a.below == null || b.below == null) {
                    return false;
                }
                a = a.below;
                b = b.below;
            }
        }
        return true;
    }

    private boolean alike(Frame a, Frame b, boolean keysMatter) {
        if (a.shape != b.shape || a.state != b.state || a.place != b.place) {
            return false;
        }
        int depthA = Math.min(Shape.MAX_DEPTH - a.depth, reach);
        int depthB = Math.min(Shape.MAX_DEPTH - b.depth, reach);
        return switch (a.shape) {
            case Shape.Regular _, Shape.Root _ -> true;
            case Shape.Text text -> alike(a.count, b.count, text.min, text.max);
            case ArrayShape array ->
                depthA == depthB && alike(a.count, b.count, Math.max(array.min, array.first.size()), array.max);
            case ObjectShape object ->
                depthA == depthB && a.count == b.count && alike(object, a.keys, b.keys, keysMatter);
            case Shape.Choice _ -> false;
        };
    }

    /** Whether no token can tell two counts apart. */
    private boolean alike(int a, int b, int min, int max) {
        return a == b
                || a >= min && b >= min && (max < 0 || max - a >= lexicon.longest() && max - b >= lexicon.longest());
    }

    private boolean alike(ObjectShape object, @Nullable Keys a, @Nullable Keys b, boolean keysMatter) {
        if (a == null || b == null) {
            return a == b;
        }
        if (a.text != b.text || a.length == 0 != (b.length == 0) || a.used.length == 0 != (b.used.length == 0)) {
            return false;
        }
        boolean nearMost = Math.max(a.used.length, b.used.length) + lexicon.longest() >= Keys.MOST;
        if (a.used.length != b.used.length && (nearMost || object.countsMembers())) {
            return false;
        }
        return !keysMatter || a.same(b);
    }
}
