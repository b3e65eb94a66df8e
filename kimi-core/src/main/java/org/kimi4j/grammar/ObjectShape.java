package org.kimi4j.grammar;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object. Declared properties come in their order, optional ones or not at all; further properties come after
 * them. A frame counts the first property that may still come; while a value is written, the property it belongs to.
 */
final class ObjectShape implements Shape {

    static final int OPEN = 0;
    static final int KEY = 1;
    static final int COLON = 2;
    static final int VALUE = 3;
    static final int AFTER = 4;
    static final int NEXT = 5;
    /** A key that can only be a declared one. */
    static final int DECLARED_KEY = 6;

    /** Tokens that surely suffice for the rest of a further key, the colon behind it, and the comma before it. */
    private static final int FURTHER_KEY_TOKENS = 9;

    /** Characters that make a key new: every two-letter end cannot be taken, see {@link Keys#MOST}. */
    private static final String KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-.ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /** A declared property; {@code key} is its name as bytes of JSON, without quotes. */
    record Property(String name, byte[] key, Shape shape, boolean required) {}

    final List<Property> declared;
    final Shape[] shapes; // of the declared properties; the grammar replaces them by simpler equals

    @Nullable
    Shape further; // of properties that are not declared

    private final int min;
    private final int max;
    private final int least; // properties that are always there
    private final KeyTree tree;
    private final int[] nextRequired; // [declared + 1]: the first required property from here on
    private final Shortest shortest = new Shortest();
    private int[] afterBound = {}; // by the first property that may still come
    private int[] keyBound = {}; // likewise, once a key must come

    /**
     * @param further the shape of properties that are not declared, null if there are none
     * @param forbidden names that further properties must not have
     * @param min properties at least; as {@code max}, only if all declared ones are required
     * @param max properties at most, -1 for no limit
     */
    ObjectShape(List<Property> declared, @Nullable Shape further, List<byte[]> forbidden, int min, int max) {
        this.declared = declared;
        this.further = further;
        this.min = min;
        this.max = max;
        List<byte[]> keys = new ArrayList<>();
        shapes = new Shape[declared.size()];
        nextRequired = new int[declared.size() + 1];
        nextRequired[declared.size()] = declared.size();
        for (int i = declared.size() - 1; i >= 0; i--) {
            nextRequired[i] = declared.get(i).required ? i : nextRequired[i + 1];
        }
        int required = 0;
        for (int i = 0; i < declared.size(); i++) {
            keys.add(declared.get(i).key);
            shapes[i] = declared.get(i).shape;
            required += declared.get(i).required ? 1 : 0;
        }
        least = required;
        keys.addAll(forbidden);
        tree = new KeyTree(keys);
    }

    @Override
    public Shortest shortest() {
        return shortest;
    }

    private int missingFurther(int used) {
        return Math.max(min - least - used, 0);
    }

    /** Whether the number of properties is bounded, so that how many there are matters. */
    boolean countsMembers() {
        return min > 0 || max >= 0;
    }

    /** Bytes of the shortest object, as far as the lengths of its parts are known. */
    long shortestLength() {
        int missing = missingFurther(0);
        if (max >= 0 && (least > max || min > max) || missing > (further == null ? 0 : Keys.MOST)) {
            return Shortest.NONE;
        }
        long sum = 2 + Math.max(least + missing - 1, 0);
        for (int i = 0; i < shapes.length && sum < Shortest.NONE; i++) {
            sum += declared.get(i).required ? declared.get(i).key.length + 3L + shapes[i].shortest().length : 0;
        }
        if (missing > 0 && further != null) {
            // Nearly exact: some keys have two letters.
            sum += missing * (5L + further.shortest().length);
        }
        return sum;
    }

    /**
     * Writes the shortest object.
     *
     * @param writePart writes the shortest text of a part and returns its depth
     * @return the depth of the deepest part
     */
    int writeShortest(ToIntFunction<Shape> writePart, ByteArrayOutputStream out) {
        int depth = 0;
        String before = "{";
        for (int i = 0; i < shapes.length; i++) {
            if (declared.get(i).required) {
                out.writeBytes(Notation.PLAIN.bytes(before + '"'));
                out.writeBytes(declared.get(i).key);
                out.writeBytes(Notation.PLAIN.bytes("\":"));
                depth = Math.max(depth, writePart.applyAsInt(shapes[i]));
                before = ",";
            }
        }
        Keys keys = Keys.NONE;
        for (int i = missingFurther(0); i > 0 && further != null; i--) {
            out.writeBytes(Notation.PLAIN.bytes(before + '"'));
            keys = closeKey(keys.opened(), KeyTree.ROOT, out).closed();
            out.writeBytes(Notation.PLAIN.bytes("\":"));
            depth = Math.max(depth, writePart.applyAsInt(further));
            before = ",";
        }
        out.writeBytes(Notation.PLAIN.bytes(before.equals("{") ? "{}" : "}"));
        return depth;
    }

    /** Called when the shortest texts of all shapes are known. */
    void measure() {
        int n = declared.size();
        afterBound = new int[n + 1];
        keyBound = new int[n + 1];
        afterBound[n] = 1;
        int furtherBound = further == null ? 0 : FURTHER_KEY_TOKENS + further.shortest().tokens;
        int longestOptional = furtherBound;
        keyBound[n] = furtherBound + 1;
        for (int i = n - 1; i >= 0; i--) {
            boolean required = declared.get(i).required;
            int own = !shapes[i].shortest().exists() ? 0 : declared.get(i).key.length + 4 + shapes[i].shortest().tokens;
            afterBound[i] = afterBound[i + 1] + (required ? own : 0);
            // The way on from a key may begin with any property up to the next required one.
            longestOptional = required ? own : Math.max(longestOptional, own);
            keyBound[i] = longestOptional + afterBound[i];
        }
    }

    @Override
    public void enter(Frame below, int b, FrameList out) {
        if (b == '{' && fits(below.depth)) {
            out.add(new Frame(this, OPEN, 0, Gap.NONE, further == null ? null : Keys.NONE, below));
        }
    }

    @Override
    public void step(Frame f, int b, FrameList out) {
        switch (f.state) {
            case OPEN, NEXT -> beforeKey(f, b, out);
            case KEY -> furtherKey(f, b, out);
            case DECLARED_KEY -> declaredKey(f, b, out);
            case COLON -> {
                if (b == ':') {
                    out.add(f.at(VALUE, f.count, Gap.NONE, f.keys));
                }
            }
            case VALUE -> {
                if (b == ' ') {
                    if (f.place == Gap.NONE) {
                        out.add(f.at(VALUE, f.count, 1, f.keys));
                    }
                } else {
                    int next = Math.min(f.count + 1, declared.size());
                    value(f.count).enter(f.at(AFTER, next, Gap.NONE, f.keys), b, out);
                }
            }
            case AFTER -> afterValue(f, b, out);
            default -> throw new IllegalStateException("state " + f.state);
        }
    }

    private Shape value(int property) {
        if (property < shapes.length) {
            return shapes[property];
        }
        if (further == null) {
            throw new IllegalStateException("no further properties");
        }
        return further;
    }

    private void beforeKey(Frame f, int b, FrameList out) {
        int gap = Gap.next(f.place, b);
        if (gap != Gap.NO) {
            out.add(f.at(f.state, f.count, gap, f.keys));
        } else if (b == '}' && f.state == OPEN && mayClose(f)) {
            out.add(f.below());
        } else if (b == '"' && mayHaveMore(f)) {
            out.add(openedKey(f));
        }
    }

    private void afterValue(Frame f, int b, FrameList out) {
        int gap = Gap.next(f.place, b);
        if (mayClose(f) && (gap != Gap.NO || b == '}')) {
            out.add(gap != Gap.NO ? f.at(AFTER, f.count, gap, f.keys) : f.below());
        } else if (b == ',' && f.place == Gap.NONE && mayHaveMore(f)) {
            out.add(f.at(NEXT, f.count, Gap.NONE, f.keys));
        }
    }

    private void furtherKey(Frame f, int b, FrameList out) {
        Keys keys = keys(f);
        int property = f.place == KeyTree.NONE ? KeyTree.NONE : tree.property(f.place);
        if (b == '"' && property == KeyTree.NONE) {
            if (keys.used.length > 0) {
                out.keysMattered();
            }
            if (keys.isNew()) {
                out.add(f.at(COLON, declared.size(), 0, keys.closed()));
            }
            return;
        }
        Keys longer = b == '"' ? null : keys.with(b);
        if (longer != null) {
            int child = f.place == KeyTree.NONE ? KeyTree.NONE : tree.child(f.place, b);
            out.add(f.at(KEY, f.count, child, longer));
        } else if (f.place != KeyTree.NONE) {
            declaredKey(f, b, out); // which may have escapes
        }
    }

    private void declaredKey(Frame f, int b, FrameList out) {
        int child = tree.child(f.place, b); // of a quote only where it is escaped
        if (b == '"' && child == KeyTree.NONE) {
            int property = tree.property(f.place);
            if (property != KeyTree.NONE && mayCome(property, f)) {
                out.add(f.at(COLON, property, 0, f.keys));
            }
            return;
        }
        if (child != KeyTree.NONE && preferred(f.count, child, f.depth) != KeyTree.NONE) {
            out.add(f.at(DECLARED_KEY, f.count, child, f.keys));
        }
    }

    private static Keys keys(Frame f) {
        if (f.keys == null) {
            throw new IllegalStateException("no further properties");
        }
        return f.keys;
    }

    private Frame openedKey(Frame f) {
        return mayHaveFurther(f)
                ? f.at(KEY, f.count, KeyTree.ROOT, keys(f).opened())
                : f.at(DECLARED_KEY, f.count, KeyTree.ROOT, f.keys);
    }

    private boolean mayCome(int property, Frame f) {
        return property < declared.size()
                && property >= f.count
                && property <= nextRequired[f.count]
                && shapes[property].shortest().exists()
                && shapes[property].fits(f.depth);
    }

    private boolean mayHaveFurther(Frame f) {
        return further != null
                && f.keys != null
                && nextRequired[f.count] == declared.size()
                && f.keys.used.length < Keys.MOST
                && (max < 0 || least + f.keys.used.length < max)
                && further.fits(f.depth);
    }

    private boolean mayHaveMore(Frame f) {
        return mayHaveFurther(f) || preferred(f.count, KeyTree.ROOT, f.depth) != KeyTree.NONE;
    }

    private boolean mayClose(Frame f) {
        return nextRequired[f.count] == declared.size() && missingFurther(f.keys == null ? 0 : f.keys.used.length) == 0;
    }

    /**
     * The declared property that the shortest way goes through if one must come whose key begins with what is spelled: a
     * required one, else the shortest. The choice stays the same while its key is spelled.
     */
    private int preferred(int from, int node, int depth) {
        int required = nextRequired[from];
        int best = KeyTree.NONE;
        int bestLength = Integer.MAX_VALUE;
        for (int p : tree.below(node)) {
            if (p < from
                    || p > required
                    || p >= declared.size()
                    || !shapes[p].shortest().exists()) {
                continue;
            }
            if (p == required) {
                return p;
            }
            int length = declared.get(p).key.length + shapes[p].shortest().length;
            if (shapes[p].fits(depth) && length < bestLength) {
                best = p;
                bestLength = length;
            }
        }
        return best;
    }

    @Override
    public boolean mayEnd(Frame frame) {
        return false;
    }

    @Override
    public int bound(int state, int count, int place, @Nullable Keys keys) {
        int n = declared.size();
        int missing = missingFurther(keys == null ? 0 : keys.used.length);
        int extra = missing == 0 || further == null ? 0 : missing * (FURTHER_KEY_TOKENS + further.shortest().tokens);
        return extra
                + switch (state) {
                    case OPEN -> 1 + afterBound[0];
                    case KEY, DECLARED_KEY, NEXT -> keyBound[count];
                    case COLON, VALUE -> 1 + value(count).shortest().tokens + afterBound[Math.min(count + 1, n)];
                    case AFTER -> afterBound[count];
                    default -> throw new IllegalStateException("state " + state);
                };
    }

    @Override
    public void close(Frame frame, ByteArrayOutputStream out) {
        Frame f = frame;
        while (true) {
            switch (f.state) {
                case OPEN, AFTER -> {
                    if (mayClose(f)) {
                        out.write('}');
                        return;
                    }
                    if (f.state == AFTER) {
                        out.write(',');
                    }
                    f = f.at(NEXT, f.count, Gap.NONE, f.keys);
                }
                case NEXT -> {
                    out.write('"');
                    f = openedKey(f);
                }
                case KEY -> {
                    Keys key = closeKey(keys(f), f.place, out);
                    out.write('"');
                    f = f.at(COLON, declared.size(), 0, key.closed());
                }
                case DECLARED_KEY -> {
                    int property = preferred(f.count, f.place, f.depth);
                    byte[] key = declared.get(property).key;
                    int spelled = tree.depth(f.place);
                    out.write(key, spelled, key.length - spelled);
                    out.write('"');
                    f = f.at(COLON, property, 0, f.keys);
                }
                case COLON -> {
                    out.write(':');
                    f = f.at(VALUE, f.count, Gap.NONE, f.keys);
                }
                case VALUE -> {
                    out.writeBytes(value(f.count).shortest().text);
                    f = f.at(AFTER, Math.min(f.count + 1, declared.size()), Gap.NONE, f.keys);
                }
                default -> throw new IllegalStateException("state " + f.state);
            }
        }
    }

    /** Completes a further key so that it is new, with as few characters as can be. */
    private Keys closeKey(Keys spelled, int place, ByteArrayOutputStream out) {
        Keys key = spelled;
        int node = place;
        while (key.text != Keys.REST.start()) {
            int b = Keys.REST.towards(key.text);
            out.write(b);
            node = child(node, b);
            key = longer(key, b);
        }
        if (isNewKey(key, node)) {
            return key;
        }
        for (int i = 0; i < KEY_LETTERS.length(); i++) {
            Keys one = longer(key, KEY_LETTERS.charAt(i));
            if (isNewKey(one, child(node, KEY_LETTERS.charAt(i)))) {
                out.write(KEY_LETTERS.charAt(i));
                return one;
            }
        }
        for (int i = 0; i < KEY_LETTERS.length(); i++) {
            Keys one = longer(key, KEY_LETTERS.charAt(i));
            int next = child(node, KEY_LETTERS.charAt(i));
            for (int j = 0; j < KEY_LETTERS.length(); j++) {
                Keys two = longer(one, KEY_LETTERS.charAt(j));
                if (isNewKey(two, child(next, KEY_LETTERS.charAt(j)))) {
                    out.write(KEY_LETTERS.charAt(i));
                    out.write(KEY_LETTERS.charAt(j));
                    return two;
                }
            }
        }
        throw new IllegalStateException("no key is new among " + key.used.length);
    }

    private int child(int node, int b) {
        return node == KeyTree.NONE ? KeyTree.NONE : tree.child(node, b);
    }

    private boolean isNewKey(Keys key, int node) {
        return key.isNew() && (node == KeyTree.NONE || tree.property(node) == KeyTree.NONE);
    }

    private static Keys longer(Keys key, int b) {
        Keys longer = key.with(b);
        if (longer == null) {
            throw new IllegalStateException("no key goes on with byte " + b);
        }
        return longer;
    }
}
