package org.kimi4j.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The keys of an object's declared properties as a tree of bytes. Immutable once built. */
final class KeyTree {

    static final int ROOT = 0;
    static final int NONE = -1;

    private final List<int[]> children = new ArrayList<>(); // by node: (byte, child) pairs
    private final List<int[]> below = new ArrayList<>(); // by node: the properties under it, ascending
    private final List<Integer> property = new ArrayList<>(); // by node: the property whose key ends here
    private final List<Integer> depth = new ArrayList<>(); // by node: bytes spelled

    KeyTree(List<byte[]> keys) {
        node(0);
        for (int p = 0; p < keys.size(); p++) {
            int at = ROOT;
            under(at, p);
            for (byte b : keys.get(p)) {
                int next = child(at, b & 0xFF);
                if (next == NONE) {
                    next = node(depth.get(at) + 1);
                    int[] pairs = children.get(at);
                    pairs = Arrays.copyOf(pairs, pairs.length + 2);
                    pairs[pairs.length - 2] = b & 0xFF;
                    pairs[pairs.length - 1] = next;
                    children.set(at, pairs);
                }
                at = next;
                under(at, p);
            }
            property.set(at, p);
        }
    }

    private int node(int spelled) {
        depth.add(spelled);
        children.add(new int[0]);
        below.add(new int[0]);
        property.add(NONE);
        return children.size() - 1;
    }

    private void under(int node, int p) {
        int[] old = below.get(node);
        int[] more = Arrays.copyOf(old, old.length + 1);
        more[old.length] = p;
        below.set(node, more);
    }

    int child(int node, int b) {
        int[] pairs = children.get(node);
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i] == b) {
                return pairs[i + 1];
            }
        }
        return NONE;
    }

    /** The property whose key is spelled at a node, or {@link #NONE}. */
    int property(int node) {
        return property.get(node);
    }

    /** The properties whose keys begin with what is spelled at a node, ascending. */
    int[] below(int node) {
        return below.get(node);
    }

    /** Bytes of a key that are spelled at a node. */
    int depth(int node) {
        return depth.get(node);
    }
}
