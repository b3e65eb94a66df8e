package org.kimi4j.grammar;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Tokens that an automaton cannot tell apart, joined: to it, tokens are sequences of classes of bytes, and there are far
 * fewer of those than tokens. The sequences form a tree in the order of a depth-first walk, so that what is below a node
 * which the automaton does not come to is left out in one step; each node has the tokens spelled there. Some hundred kB
 * for 160,000 tokens; immutable.
 */
final class TokenGroups {

    private final byte[] edge; // by node: the class that leads to it; node 0 is the root
    private final char[] depth; // by node: classes from the root
    private final int[] skip; // by node: the first one that is not below it
    private final int[] first; // [nodes + 1]: where the tokens of a node begin in ids
    private final int[] ids;
    private final int deepest;

    private TokenGroups(byte[] edge, char[] depth, int[] skip, int[] first, int[] ids) {
        this.edge = edge;
        this.depth = depth;
        this.skip = skip;
        this.first = first;
        this.ids = ids;
        int most = 0;
        for (char d : depth) {
            most = Math.max(most, d);
        }
        this.deepest = most;
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
        return builder.build(tree, group, among);
    }

    /** Says of the states an automaton comes to whether the tokens that lead there may come. */
    interface Verdict {
        /** {@link #TAKE} or {@link #LEAVE}. */
        byte on(int state);
    }

    static final byte TAKE = 1;
    static final byte LEAVE = 2;

    /**
     * Adds the tokens that lead somewhere.
     *
     * @param from the state before them
     * @param known verdicts by state, 0 for those not asked yet
     */
    void take(Dfa dfa, int from, byte[] known, Verdict verdict, long[] allowed) {
        byte[] edges = edge; // fields would be read again after each call
        char[] depths = depth;
        int[] ends = skip;
        int[] starts = first;
        int[] tokens = ids;
        int[] next = dfa.table();
        int classes = dfa.classes();
        int[] rows = new int[deepest + 1]; // where the row of the state begins, by classes so far
        rows[0] = from * classes;
        int node = 1;
        while (node < edges.length) {
            int at = depths[node];
            int state = next[rows[at - 1] + (edges[node] & 0xFF)];
            if (state == Dfa.DEAD) {
                node = ends[node];
                continue;
            }
            rows[at] = state * classes;
            int i = starts[node++];
            int end = starts[node];
            if (i == end) {
                continue;
            }
            byte taken = known[state];
            if (taken == 0) {
                taken = verdict.on(state);
                known[state] = taken;
            }
            for (; taken == TAKE && i < end; i++) {
                int id = tokens[i];
                allowed[id >> 6] |= 1L << id;
            }
        }
    }

    /** Sequences told apart. */
    int size() {
        return edge.length;
    }

    /** Bytes of memory. */
    long bytes() {
        return 11L * edge.length + 4L * ids.length;
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

        TokenGroups build(TokenTree tree, int[] group, BitSet among) {
            int[] size = new int[nodes]; // nodes from a node on, itself included
            Arrays.fill(size, 1);
            for (int node = nodes - 1; node > 0; node--) {
                size[parent[node]] += size[node];
            }
            int[] place = new int[nodes]; // in the order of a depth-first walk
            int[] next = new int[nodes]; // where the next child of a node goes
            next[0] = 1;
            byte[] sortedEdge = new byte[nodes];
            char[] depth = new char[nodes];
            int[] skip = new int[nodes];
            skip[0] = nodes;
            for (int node = 1; node < nodes; node++) { // parents come before their children
                int at = next[parent[node]];
                next[parent[node]] += size[node];
                next[node] = at + 1;
                place[node] = at;
                sortedEdge[at] = edge[node];
                depth[at] = (char) (depth[place[parent[node]]] + 1);
                skip[at] = at + size[node];
            }
            int[] first = new int[nodes + 1];
            for (int node = 0; node < tree.size(); node++) {
                if (isToken(tree, node, group, among)) {
                    first[place[group[node]] + 1]++;
                }
            }
            for (int g = 0; g < nodes; g++) {
                first[g + 1] += first[g];
            }
            int[] ids = new int[first[nodes]];
            int[] fill = Arrays.copyOf(first, nodes);
            for (int node = 0; node < tree.size(); node++) {
                if (isToken(tree, node, group, among)) {
                    ids[fill[place[group[node]]]++] = tree.token(node);
                }
            }
            return new TokenGroups(sortedEdge, depth, skip, first, ids);
        }

        private static boolean isToken(TokenTree tree, int node, int[] group, BitSet among) {
            return group[node] >= 0 && tree.token(node) != TokenTree.NO_TOKEN && among.get(tree.token(node));
        }
    }
}
