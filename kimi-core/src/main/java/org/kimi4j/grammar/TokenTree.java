package org.kimi4j.grammar;

import java.util.Arrays;

/**
 * Tokens as a tree of their bytes, in the order of a depth-first walk: a node's children come right behind it, and
 * {@link #skip} leads past all that is below it. Immutable; 11 bytes per node, of which a vocabulary of 160,000 tokens has
 * some 400,000, and 256 kB for the first two levels.
 */
final class TokenTree {

    static final int NO_TOKEN = -1;

    private final byte[] edge; // the byte that leads to a node
    private final char[] depth; // bytes from the root; the first level has 1
    private final int[] skip;
    private final int[] token; // the token spelled at a node, or NO_TOKEN
    private final int[] first = new int[256]; // the node on the first level of a byte, or -1
    private final int[] second = new int[256 * 256]; // by two bytes the node on the second level, or -1

    private TokenTree(byte[] edge, char[] depth, int[] skip, int[] token) {
        this.edge = edge;
        this.depth = depth;
        this.skip = skip;
        this.token = token;
        Arrays.fill(first, -1);
        Arrays.fill(second, -1);
        for (int n = 0; n < edge.length; n = skip[n]) {
            first[edge[n] & 0xFF] = n;
            for (int child = n + 1; child < skip[n]; child = skip[child]) {
                second[(edge[n] & 0xFF) << 8 | edge[child] & 0xFF] = child;
            }
        }
    }

    /**
     * @param sorted tokens by their bytes, unsigned, no two alike
     * @param bytes by token
     */
    static TokenTree of(int[] sorted, byte[][] bytes) {
        int most = 0;
        for (int id : sorted) {
            most += bytes[id].length;
        }
        byte[] edge = new byte[most];
        char[] depth = new char[most];
        int[] skip = new int[most];
        int[] token = new int[most];
        int[] open = new int[256]; // nodes from the root to the last one
        int opened = 0;
        int nodes = 0;
        for (int id : sorted) {
            byte[] text = bytes[id];
            int common = 0;
            while (common < opened && common < text.length && edge[open[common]] == text[common]) {
                common++;
            }
            while (opened > common) {
                skip[open[--opened]] = nodes;
            }
            if (text.length > open.length) {
                open = Arrays.copyOf(open, 2 * text.length);
            }
            for (int i = common; i < text.length; i++) {
                edge[nodes] = text[i];
                depth[nodes] = (char) (i + 1);
                token[nodes] = NO_TOKEN;
                open[opened++] = nodes++;
            }
            token[nodes - 1] = id;
        }
        while (opened > 0) {
            skip[open[--opened]] = nodes;
        }
        return new TokenTree(
                Arrays.copyOf(edge, nodes),
                Arrays.copyOf(depth, nodes),
                Arrays.copyOf(skip, nodes),
                Arrays.copyOf(token, nodes));
    }

    int size() {
        return edge.length;
    }

    int edge(int node) {
        return edge[node] & 0xFF;
    }

    int depth(int node) {
        return depth[node];
    }

    int skip(int node) {
        return skip[node];
    }

    int token(int node) {
        return token[node];
    }

    /** The node on the first level that a byte leads to, or -1. */
    int first(int b) {
        return first[b];
    }

    /** The child of a node that a byte leads to, or -1. */
    int child(int node, int b) {
        if (depth[node] == 1) {
            return second[(edge[node] & 0xFF) << 8 | b]; // which has the most children
        }
        for (int n = node + 1; n < skip[node]; n = skip[n]) {
            if ((edge[n] & 0xFF) == b) {
                return n;
            }
        }
        return -1;
    }
}
