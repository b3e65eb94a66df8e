package org.kimi4j.cli;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.kimi4j.KimiModel;
import org.kimi4j.Session;
import org.kimi4j.testkit.SafetensorsWriter;
import org.kimi4j.testkit.TensorData;
import org.kimi4j.testkit.TensorSpec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "dump",
        description = "Reads a prompt of token ids and writes activations as float32 [tokens, size], named NAME-LAYER,"
                + " in order of computation; those that belong to no layer have their bare name.")
final class DumpCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Checkpoint directory.")
    private String model = "";

    @Option(
            names = "--tokens",
            required = true,
            paramLabel = "IDS",
            converter = TokenIds.Converter.class,
            description = "1,2,3 or @FILE with these or a JSON array.")
    private TokenIds tokens = new TokenIds(new int[0]);

    @Option(
            names = "--layers",
            split = ",",
            paramLabel = "LAYER",
            description = "Layers, for example 0,1; default: all, and what belongs to none.")
    private Set<Integer> layers = new TreeSet<>();

    @Option(
            names = "--names",
            split = ",",
            paramLabel = "NAME",
            description = "Activations, for example l_out,c_kv; default: all.")
    private Set<String> names = new TreeSet<>();

    @Option(
            names = "--chunk",
            paramLabel = "N",
            defaultValue = "512",
            description = "Most tokens of one pass; default: ${DEFAULT-VALUE}.")
    private int chunk;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "safetensors file to write.")
    private Path out = Path.of("");

    @Mixin
    private final ModelOptions run = new ModelOptions();

    DumpCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        LogitsCommand.requireChunk(chunk);
        Activations activations = new Activations();
        try (KimiModel opened = KimiModel.open(ModelOptions.locate(model), run.toOptions());
                Session session = opened.newSession(activations)) {
            tokens.require(opened.config().textConfig().vocabSize());
            for (int layer : layers) {
                int last = opened.config().textConfig().numHiddenLayers() - 1;
                if (layer < 0 || layer > last) {
                    throw new CommandFailure("layer " + layer + ": expected 0 to " + last);
                }
            }
            // Without a wish for them, the scores of all tokens at all positions are left out.
            boolean lastOnly = !activations.wants("logits", Session.ActivationListener.NO_LAYER)
                    && !activations.wants("result_norm", Session.ActivationListener.NO_LAYER);
            session.append(tokens.ids(), chunk, lastOnly, (position, logits) -> {});
        }
        names.removeAll(activations.seen);
        if (!names.isEmpty()) {
            throw new CommandFailure("names " + names + ": expected some of " + activations.seen);
        }
        try (NewFile file = new NewFile(out)) {
            activations.write(file.path());
            file.finish();
        }
        terminal.err().println("kimi: " + out + ": " + activations.kept.size() + " tensors");
        return 0;
    }

    /** What was shown and is wanted. Rows of a tensor arrive in pieces, one piece for each pass. */
    private final class Activations implements Session.ActivationListener {

        private final Map<String, List<float[]>> kept = new LinkedHashMap<>();
        private final Map<String, Integer> cols = new LinkedHashMap<>();
        private final Set<String> seen = new TreeSet<>();

        @Override
        public boolean wants(String name, int layer) {
            seen.add(name);
            boolean named = names.contains(name);
            boolean here = layers.isEmpty() || layers.contains(layer) || (layer == NO_LAYER && named);
            return here && (named || names.isEmpty());
        }

        @Override
        public void activation(String name, int layer, int rows, int width, float[] values) {
            String full = layer == NO_LAYER ? name : name + "-" + layer;
            kept.computeIfAbsent(full, _ -> new ArrayList<>()).add(values);
            cols.put(full, width);
        }

        void write(Path file) throws IOException {
            Map<TensorSpec, List<float[]>> tensors = new LinkedHashMap<>();
            kept.forEach((name, pieces) -> {
                long elements = pieces.stream().mapToLong(piece -> piece.length).sum();
                tensors.put(TensorSpec.of(name, "F32", elements / cols.get(name), cols.get(name)), pieces);
            });
            try (SafetensorsWriter writer = SafetensorsWriter.create(file, List.copyOf(tensors.keySet()), Map.of())) {
                for (Map.Entry<TensorSpec, List<float[]>> tensor : tensors.entrySet()) {
                    writer.put(tensor.getKey(), data(tensor.getValue()), _ -> {});
                }
            }
        }

        private static TensorData data(List<float[]> pieces) {
            List<FloatBuffer> left =
                    new ArrayList<>(pieces.stream().map(FloatBuffer::wrap).toList());
            return chunk -> {
                FloatBuffer to = chunk.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
                while (to.hasRemaining()) {
                    FloatBuffer from = left.getFirst();
                    int count = Math.min(from.remaining(), to.remaining());
                    to.put(from.slice().limit(count));
                    from.position(from.position() + count);
                    if (!from.hasRemaining()) {
                        left.removeFirst();
                    }
                }
                chunk.position(chunk.limit());
            };
        }
    }
}
