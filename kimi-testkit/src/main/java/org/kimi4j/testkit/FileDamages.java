package org.kimi4j.testkit;

import static org.kimi4j.testkit.Edits.INDEX;
import static org.kimi4j.testkit.Edits.append;
import static org.kimi4j.testkit.Edits.bytes;
import static org.kimi4j.testkit.Edits.content;
import static org.kimi4j.testkit.Edits.cut;
import static org.kimi4j.testkit.Edits.danglingLink;
import static org.kimi4j.testkit.Edits.delete;
import static org.kimi4j.testkit.Edits.folder;
import static org.kimi4j.testkit.Edits.half;
import static org.kimi4j.testkit.Edits.lfsPointer;
import static org.kimi4j.testkit.Edits.move;
import static org.kimi4j.testkit.Edits.shard;
import static org.kimi4j.testkit.Edits.text;

import java.util.List;

/** Damages of the index and of whole weight files. */
final class FileDamages {

    private static final String NORM = "language_model.model.norm.weight";

    private FileDamages() {}

    static List<Damage> indexes() {
        String norm = "\"" + NORM + "\": \"" + shard(4) + "\"";
        return List.of(
                Damage.of("the index is missing", delete(INDEX), INDEX, "not found"),
                Damage.of("the index is a Git LFS pointer", lfsPointer(INDEX), INDEX, "git lfs pull"),
                Damage.of("the index ends in the middle", half(INDEX), INDEX, "JSON"),
                Damage.of("the index is an array", content(INDEX, "[]"), INDEX, "object"),
                Damage.of("the index is not text", bytes(INDEX, (byte) '{', (byte) 0xc3), INDEX, "UTF-8"),
                Damage.of("the index maps nothing", text(INDEX, "weight_map", "weights"), INDEX, "weight_map"),
                Damage.of(
                        "the index maps no tensor",
                        content(INDEX, "{\"metadata\": {}, \"weight_map\": {}}"),
                        INDEX,
                        "weight_map"),
                Damage.of("a file name is a number", text(INDEX, norm, "\"" + NORM + "\": 4"), INDEX, NORM),
                Damage.of("a tensor is named twice", text(INDEX, norm, norm + ", " + norm), INDEX, NORM),
                Damage.of(
                        "a file name leads out of the directory",
                        text(INDEX, norm, "\"" + NORM + "\": \"../" + shard(4) + "\""),
                        INDEX,
                        NORM,
                        "../" + shard(4)),
                Damage.of(
                        "a file name is absolute",
                        text(INDEX, norm, "\"" + NORM + "\": \"/etc/passwd\""),
                        INDEX,
                        NORM,
                        "/etc/passwd"),
                Damage.of(
                        "a file name leads out of the directory on Windows",
                        text(INDEX, norm, "\"" + NORM + "\": \"..\\\\" + shard(4) + "\""),
                        INDEX,
                        NORM),
                Damage.of(
                        "a file name is not that of a weight file",
                        text(INDEX, norm, "\"" + NORM + "\": \"config.json\""),
                        INDEX,
                        NORM),
                Damage.of(
                        "a tensor is said to be in another file",
                        text(INDEX, norm, "\"" + NORM + "\": \"" + shard(1) + "\""),
                        shard(4),
                        NORM,
                        shard(1)),
                Damage.of("a tensor is not named", text(INDEX, norm + ",", ""), INDEX, shard(4), NORM),
                Damage.of(
                        "a tensor is named that no file has",
                        text(INDEX, norm, norm + ", \"extra.weight\": \"" + shard(4) + "\""),
                        shard(4),
                        "extra.weight"),
                Damage.of(
                        "the total size is a string",
                        text(INDEX, "\"total_size\": ", "\"total_size\": \"x\", \"t\": "),
                        INDEX,
                        "total_size"));
    }

    static List<Damage> files() {
        return List.of(
                Damage.of("a shard is missing", delete(shard(2)), shard(2), "not found"),
                Damage.of("a shard is empty", content(shard(2), ""), shard(2)),
                Damage.of("a shard has five bytes", cut(shard(2), 5), shard(2)),
                Damage.of("a shard ends in its header", cut(shard(2), 1_000), shard(2), "download"),
                Damage.of("a shard ends in its data", half(shard(2)), shard(2), "shorter", "run it again"),
                Damage.of("a shard lacks its last byte", cut(shard(4), -1), shard(4), "shorter"),
                Damage.of("a shard has a byte too many", append(shard(4), (byte) 0), shard(4), "1 bytes at the end"),
                Damage.of("a shard is a Git LFS pointer", lfsPointer(shard(3)), shard(3), "git lfs pull"),
                Damage.of(
                        "a shard has not finished downloading",
                        move(shard(3), shard(3) + ".incomplete"),
                        shard(3),
                        "incomplete",
                        "run it again"),
                Damage.of("a shard is a link to nothing", danglingLink(shard(3)), shard(3), "link"),
                Damage.of("a shard is a folder", folder(shard(3)), shard(3), "not a regular file"),
                Damage.of(
                        "a shard is a web page",
                        content(shard(3), "<!DOCTYPE html><html><body>Not Found</body></html>"),
                        shard(3)),
                Damage.of("a vision shard is missing", delete(shard(6)), shard(6), "not found"),
                Damage.of(
                        "two shards changed places",
                        move(shard(1), "x").then(move(shard(2), shard(1))).then(move("x", shard(2))),
                        shard(1),
                        shard(2)),
                Damage.of(
                        "several shards are damaged",
                        delete(shard(1)).then(half(shard(2))).then(lfsPointer(shard(5))),
                        shard(1),
                        shard(2),
                        shard(5)));
    }
}
