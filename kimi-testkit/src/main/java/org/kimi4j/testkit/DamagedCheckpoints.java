package org.kimi4j.testkit;

import java.util.ArrayList;
import java.util.List;

/**
 * Ways to break a checkpoint. A program that opens checkpoints should answer each with one clear error that names what
 * {@link Damage#mustName} lists, and never with a crash or by going on.
 *
 * <pre>{@code
 * @ParameterizedTest
 * @MethodSource("org.kimi4j.testkit.DamagedCheckpoints#all")
 * void everyDamageIsNamed(Damage damage, @TempDir Path folder) throws IOException {
 *     TinyCheckpoint.writeWithVision(folder);
 *     damage.apply(folder);
 *     assertThatThrownBy(() -> open(folder)).hasMessageContainingAll(damage.mustName().toArray(String[]::new));
 * }
 * }</pre>
 */
public final class DamagedCheckpoints {

    private DamagedCheckpoints() {}

    /** Every way there is. */
    public static List<Damage> all() {
        List<Damage> all = new ArrayList<>();
        all.addAll(configurations());
        all.addAll(indexes());
        all.addAll(files());
        all.addAll(headers());
        all.addAll(tensors());
        return List.copyOf(all);
    }

    /** Of config.json and generation_config.json. */
    public static List<Damage> configurations() {
        return ConfigDamages.list();
    }

    /** Of model.safetensors.index.json. */
    public static List<Damage> indexes() {
        return FileDamages.indexes();
    }

    /** Of whole weight files, as downloads leave them. */
    public static List<Damage> files() {
        return FileDamages.files();
    }

    /** Of safetensors headers. */
    public static List<Damage> headers() {
        return HeaderDamages.list();
    }

    /** Names, types and shapes that do not fit the model. */
    public static List<Damage> tensors() {
        return TensorDamages.list();
    }
}
