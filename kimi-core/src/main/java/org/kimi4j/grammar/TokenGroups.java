package org.kimi4j.grammar;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Tokens that an automaton cannot tell apart, joined: to it, tokens are sequences of classes of bytes, and there are far
 * fewer of those than tokens. The sequences form a tree whose nodes are numbered so that a parent comes before its
 * children; each node has the tokens spelled there. Some hundred kB for 160,000 tokens; immutable.
 */
final class TokenGroups {

    private final int[] parent; // by node; node 0 is the root
    private final byte[] edge; // by node: the class that leads to it
    private final int[] first; // [nodes + 1]: where the tokens of a node begin in ids
    private final int[] ids;
    private final int[] sampleOfClass; // a byte of each class

    private TokenGroups(int[] parent, byte[] edge, int[] first, int[] ids, int[] sampleOfClass) {
        this.parent = parent;
        this.edge = edge;
        this.first = first;
        this.ids = ids;
        this.sampleOfClass = sampleOfClass;
    }

    /**
     * Groups for one automaton, of the tokens whose bytes occur in its texts.
     *
     * @param among the tokens to join
     */
    static TokenGroups of(Dfa dfa, TokenTree tree, BitSet among) {
        int[] sample = new int[dfa.classes()];
        boolean[] occurs = new boolean[dfa.classes()];
        for (int b = 255; b >= 0; b--) {
            sample[dfa.classOf(b)] = b;
        }
        for (int c = 0; c < occurs.length; c++) {
            for (int q = 0; q < dfa.states() && !occurs[c]; q++) {
                occurs[c] = dfa.next(q, sample[c]) != Dfa.DEAD;
            }
        }
        Builder builder = new Builder();
        int[] group = new int[tree.size()]; // by node of the token tree
        int[] path = new int[257];
        for (int node = 0; node < tree.size(); ) {
            int c = dfa.classOf(tree.edge(node));
            if (!occurs[c]) {
                group[node] = -1;
                Arrays.fill(group, node, tree.skip(node), -1);
                node = tree.skip(node);
                continue;
            }
            int depth = tree.depth(node);
            if (depth >= path.length) {
                path = Arrays.copyOf(path, 2 * depth);
            }
            path[depth] = builder.child(path[depth - 1], c);
            group[node] = path[depth];
            node++;
        }
        return builder.build(tree, group, among, sample);
    }

    /** Takes the states an automaton comes to. */
    interface Taker {
        /** Whether the tokens that lead to a state may come. */
        boolean mayCome(int state);
    }

    /**
     * Adds the tokens that lead somewhere.
     *
     * @param from the state before them
     */
    void take(Dfa dfa, int from, Taker taker, long[] allowed) {
        int[] states = new int[parent.length];
        states[0] = from;
        for (int node = 1; node < parent.length; node++) {
            int before = states[parent[node]];
            int state = before == Dfa.DEAD ? Dfa.DEAD : dfa.next(before, sampleOfClass[edge[node] & 0xFF]);
            states[node] = state;
            if (state != Dfa.DEAD && first[node] < first[node + 1] && taker.mayCome(state)) {
                for (int i = first[node]; i < first[node + 1]; i++) {
                    int id = ids[i];
                    allowed[id >> 6] |= 1L << id;
                }
            }
        }
    }

    /** Bytes of memory. */
    long bytes() {
        return 9L * parent.length + 4L * ids.length;
    }

    /** Nodes by their parent and edge, in an open hash table. */
    private static final class Builder {
        private int[] parent = new int[1 << 12];
        private byte[] edge = new byte[1 << 12];
        private int nodes = 1;
        private int[] slots = new int[1 << 13]; // node, or 0 for free

        int child(int of, int c) {
            int mask = slots.length - 1;
            int slot = hash(of, c) & mask;
            while (slots[slot] != 0) {
                int node = slots[slot];
                if (parent[node] == of && (edge[node] & 0xFF) == c) {
                    return node;
                }
                slot = (slot + 1) & mask;
            }
            if (nodes == parent.length) {
                grow();
                return child(of, c);
            }
            parent[nodes] = of;
            edge[nodes] = (byte) c;
            slots[slot] = nodes;
            return nodes++;
        }

        private void grow() {
            parent = Arrays.copyOf(parent, 2 * nodes);
            edge = Arrays.copyOf(edge, 2 * nodes);
            slots = new int[2 * slots.length];
            int mask = slots.length - 1;
            for (int node = 1; node < nodes; node++) {
                int slot = hash(parent[node], edge[node] & 0xFF) & mask;
                while (slots[slot] != 0) {
                    slot = (slot + 1) & mask;
                }
                slots[slot] = node;
            }
        }

        private static int hash(int of, int c) {
            int h = (of * 31 + c) * 0x9E3779B9;
            return h ^ h >>> 15;
        }

        TokenGroups build(TokenTree tree, int[] group, BitSet among, int[] sample) {
            int[] first = new int[nodes + 1];
            for (int node = 0; node < tree.size(); node++) {
                if (isToken(tree, node, group, among)) {
                    first[group[node] + 1]++;
                }
            }
            for (int g = 0; g < nodes; g++) {
                first[g + 1] += first[g];
            }
            int[] ids = new int[first[nodes]];
            int[] fill = Arrays.copyOf(first, nodes);
            for (int node = 0; node < tree.size(); node++) {
                if (isToken(tree, node, group, among)) {
                    ids[fill[group[node]]++] = tree.token(node);
                }
            }
            return new TokenGroups(Arrays.copyOf(parent, nodes), Arrays.copyOf(edge, nodes), first, ids, sample);
        }

        private static boolean isToken(TokenTree tree, int node, int[] group, BitSet among) {
            return group[node] >= 0 && tree.token(node) != TokenTree.NO_TOKEN && among.get(tree.token(node));
        }
    }
}
