package org.kimi4j.grammar;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the shortest text of every shape, of shapes that contain themselves too: lengths fall from endless until none
 * falls any more. Then choices are flattened, and what has no finite text is taken out.
 */
final class Solver {

    /** Bytes of the shortest text of an answer at most. */
    static final int MAX_LENGTH = 1 << 18;

    /** Bytes of joined tokens, and automata that have some, from which on there are no more: masks then take longer. */
    private static final long MAX_JOINED_BYTES = 16L << 20;

    private static final int MAX_JOINED = 64;

    private final Lexicon lexicon;
    private final Map<Dfa, TokenGroups> joined = new IdentityHashMap<>();
    private long joinedBytes;
    private final Set<Shape> shapes = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Shape> inOrder = new ArrayList<>();
    private final Set<Shape> written = Collections.newSetFromMap(new IdentityHashMap<>());

    Solver(Lexicon lexicon) {
        this.lexicon = lexicon;
    }

    /** Completes all shapes that a text of this one may have, and returns what it comes down to. */
    Shape solve(Shape root) throws RefusedException {
        collect(root);
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = inOrder.size() - 1; i >= 0; i--) {
                Shape shape = inOrder.get(i);
                int length = (int) Math.min(length(shape), Shortest.NONE);
                if (length < shape.shortest().length) {
                    shape.shortest().length = length;
                    changed = true;
                }
            }
        }
        if (!root.shortest().exists()) {
            throw new RefusedException("no value satisfies it");
        }
        if (root.shortest().length > MAX_LENGTH) {
            throw new RefusedException("its shortest text has " + root.shortest().length + " bytes; at most "
                    + MAX_LENGTH + " are supported: lower its minimum lengths or counts");
        }
        inOrder.forEach(this::flatten);
        inOrder.forEach(this::simplify);
        inOrder.forEach(this::write);
        for (Shape shape : inOrder) {
            switch (shape) {
                case ObjectShape object -> object.measure();
                case ArrayShape array -> array.measure();
                case Shape.Regular regular -> {
                    regular.measure(lexicon);
                    join(regular);
                }
                case Shape.Choice _, Shape.Root _, Shape.Text _ -> {}
            }
        }
        return simple(root);
    }

    private void join(Shape.Regular regular) {
        if (!regular.joiningPays()) {
            return;
        }
        TokenGroups groups = joined.get(regular.dfa);
        if (groups == null && joined.size() < MAX_JOINED && joinedBytes < MAX_JOINED_BYTES) {
            groups = lexicon.groups(regular.dfa, regular.kind == Shape.Regular.Kind.STRING);
            joined.put(regular.dfa, groups);
            joinedBytes += groups.bytes();
        }
        if (groups != null) {
            regular.join(groups);
        }
    }

    /** Bytes of the tokens joined for automata. */
    long joinedBytes() {
        return joinedBytes;
    }

    private void collect(Shape shape) {
        if (!shapes.add(shape)) {
            return;
        }
        inOrder.add(shape);
        switch (shape) {
            case ObjectShape object -> {
                for (Shape value : object.shapes) {
                    collect(value);
                }
                if (object.further != null) {
                    collect(object.further);
                }
            }
            case ArrayShape array -> {
                array.first.forEach(this::collect);
                collect(array.rest);
            }
            case Shape.Choice choice -> choice.alternatives.forEach(this::collect);
            case Shape.Regular _, Shape.Root _, Shape.Text _ -> {}
        }
    }

    /** The length as far as those of the parts are known. */
    private static long length(Shape shape) {
        return switch (shape) {
            case Shape.Text text -> 2L + text.min;
            case Shape.Regular regular -> regular.dfa.distance(regular.dfa.start());
            case Shape.Choice choice -> {
                long least = Shortest.NONE;
                for (Shape alternative : choice.alternatives) {
                    least = Math.min(least, alternative.shortest().length);
                }
                yield least;
            }
            case ArrayShape array -> {
                long sum = 2;
                for (int i = 0; i < array.min && sum < Shortest.NONE; i++) {
                    sum += array.item(i).shortest().length + (i > 0 ? 1L : 0);
                }
                yield sum;
            }
            case ObjectShape object -> object.shortestLength();
            case Shape.Root root -> root.answer.shortest().length;
        };
    }

    /** Puts what choices in a choice choose from into it, the shortest first. */
    private void flatten(Shape shape) {
        if (!(shape instanceof Shape.Choice choice)) {
            return;
        }
        Set<Shape> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Shape> flat = new ArrayList<>();
        gather(choice, seen, flat);
        int best = 0;
        for (int i = 1; i < flat.size(); i++) {
            if (flat.get(i).shortest().length < flat.get(best).shortest().length) {
                best = i;
            }
        }
        if (!flat.isEmpty()) {
            flat.addFirst(flat.remove(best));
        }
        choice.alternatives = flat;
    }

    private static void gather(Shape shape, Set<Shape> seen, List<Shape> flat) {
        if (!seen.add(shape) || !shape.shortest().exists()) {
            return;
        }
        if (shape instanceof Shape.Choice choice) {
            choice.alternatives.forEach(a -> gather(a, seen, flat));
        } else {
            flat.add(shape);
        }
    }

    private static Shape simple(Shape shape) {
        return shape instanceof Shape.Choice choice && choice.alternatives.size() == 1
                ? choice.alternatives.getFirst()
                : shape;
    }

    private void simplify(Shape shape) {
        switch (shape) {
            case ObjectShape object -> {
                for (int i = 0; i < object.shapes.length; i++) {
                    object.shapes[i] = simple(object.shapes[i]);
                }
                if (object.further != null) {
                    object.further = object.further.shortest().exists() ? simple(object.further) : null;
                }
            }
            case ArrayShape array -> {
                array.first = array.first.stream().map(Solver::simple).toList();
                array.rest = simple(array.rest);
            }
            case Shape.Choice _, Shape.Regular _, Shape.Root _, Shape.Text _ -> {}
        }
    }

    /** Writes the shortest text, those of the parts first; parts are shorter, so that this ends. */
    private void write(Shape shape) {
        Shortest shortest = shape.shortest();
        if (!shortest.exists() || shortest.length > MAX_LENGTH || !written.add(shape)) {
            return;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        switch (shape) {
            case Shape.Text text -> {
                out.write('"');
                for (int i = 0; i < text.min; i++) {
                    out.write(lexicon.filler());
                }
                out.write('"');
            }
            case Shape.Regular regular -> out.writeBytes(regular.dfa.shortest(regular.dfa.start()));
            case Shape.Choice choice -> shortest.depth = writePart(choice.alternatives.getFirst(), out);
            case ArrayShape array -> {
                shortest.depth = 1;
                for (int i = 0; i < array.min; i++) {
                    out.write(i == 0 ? '[' : ',');
                    shortest.depth = Math.max(shortest.depth, 1 + writePart(array.item(i), out));
                }
                out.writeBytes(array.min == 0 ? new byte[] {'[', ']'} : new byte[] {']'});
            }
            case ObjectShape object -> shortest.depth = 1 + object.writeShortest(part -> writePart(part, out), out);
            case Shape.Root _ -> {}
        }
        shortest.text = out.toByteArray();
        shortest.tokens = lexicon.tokens(shortest.text);
    }

    private int writePart(Shape part, ByteArrayOutputStream out) {
        write(part);
        out.writeBytes(part.shortest().text);
        return part.shortest().depth;
    }

    /** Depth of the deepest of all shortest texts. */
    int deepest() {
        int deepest = 0;
        for (Shape shape : inOrder) {
            deepest = Math.max(deepest, shape.shortest().depth);
        }
        return deepest;
    }

    /** The automata of all shapes. */
    List<Dfa> automata() {
        List<Dfa> found = new ArrayList<>();
        for (Shape shape : inOrder) {
            if (shape instanceof Shape.Regular regular) {
                found.add(regular.dfa);
            }
        }
        return found;
    }
}
