package org.kimi4j.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.kimi4j.error.CheckpointException;

/**
 * Finds models in the local cache of the Hugging Face hub tools. Looks at files only; nothing is ever downloaded.
 *
 * <p>The layout: {@code models--ORG--NAME/refs/main} names a commit, {@code snapshots/COMMIT} has the files of that
 * commit as links into {@code blobs}.
 *
 * @param root the folder that holds the {@code models--...} folders
 */
public record HubCache(Path root) {

    private static final Pattern ID =
            Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}");
    private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,95}");

    /** Whether a text looks like {@code moonshotai/Kimi-K2.5} rather than like a path of another form. */
    public static boolean isModelId(String text) {
        return ID.matcher(text).matches() && !text.contains("..") && !text.contains("--");
    }

    /** The cache of this user, where {@code HF_HUB_CACHE} or {@code HF_HOME} say, else below {@code ~/.cache}. */
    public static HubCache local() {
        return of(System.getenv(), Path.of(System.getProperty("user.home", ".")));
    }

    static HubCache of(Map<String, String> environment, Path home) {
        for (String variable : List.of("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")) {
            String folder = environment.getOrDefault(variable, "");
            if (!folder.isBlank()) {
                return new HubCache(expand(folder, home));
            }
        }
        String hubHome = environment.getOrDefault("HF_HOME", "");
        if (!hubHome.isBlank()) {
            return new HubCache(expand(hubHome, home).resolve("hub"));
        }
        String caches = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path base = caches.isBlank() ? home.resolve(".cache") : expand(caches, home);
        return new HubCache(base.resolve("huggingface").resolve("hub"));
    }

    private static Path expand(String folder, Path home) {
        return folder.equals("~") || folder.startsWith("~/")
                ? home.resolve(folder.substring(Math.min(2, folder.length())))
                : Path.of(folder);
    }

    /** The snapshot of the main branch of a model, as {@link #find(String, String)}. */
    public Optional<Path> find(String id) {
        return find(id, "main");
    }

    /**
     * The snapshot folder of a model.
     *
     * @param id organisation and name, for example {@code moonshotai/Kimi-K2.5}
     * @param revision a branch or tag that was downloaded, or the hash of a commit
     * @return empty if the cache has no such model
     * @throws CheckpointException if the id is none, or the cache has the model but not this revision of it
     */
    public Optional<Path> find(String id, String revision) {
        if (!isModelId(id)) {
            throw new CheckpointException("\"" + id
                    + "\" is not the id of a model; expected ORGANISATION/NAME, for example" + " moonshotai/Kimi-K2.5");
        }
        if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
            throw new CheckpointException("\"" + revision + "\" is not the name of a revision of " + id);
        }
        Path model = root.resolve("models--" + id.replace("/", "--"));
        if (!Files.isDirectory(model)) {
            return Optional.empty();
        }
        Path snapshots = model.resolve("snapshots");
        Optional<Path> byCommit = directory(snapshots, commit(model, revision).orElse(revision));
        if (byCommit.isPresent()) {
            return byCommit;
        }
        List<Path> all = list(snapshots);
        // A cache that was copied without its refs is unambiguous if it has one snapshot only.
        if (all.size() == 1
                && revision.equals("main")
                && commit(model, revision).isEmpty()) {
            return Optional.of(all.getFirst());
        }
        throw new CheckpointException(model + ": has no snapshot for revision " + revision + "; found "
                + (all.isEmpty()
                        ? "none"
                        : all.stream().map(p -> p.getFileName().toString()).toList())
                + "\n  run the download again: hf download " + id);
    }

    /**
     * As {@link #find(String)} for a caller that needs the model.
     *
     * @throws CheckpointException naming the folder that was looked in and the remedy
     */
    public Path require(String id) {
        return find(id).orElseThrow(() -> new CheckpointException(id + ": not in the local hub cache " + root
                + "\n  nothing is downloaded by this library; run: hf download " + id));
    }

    private static Optional<String> commit(Path model, String revision) {
        Path ref = model.resolve("refs").resolve(revision);
        try {
            if (!Files.isRegularFile(ref) || Files.size(ref) > 200) {
                return Optional.empty();
            }
            String commit = Files.readString(ref).strip();
            return REVISION.matcher(commit).matches() && !commit.contains("..")
                    ? Optional.of(commit)
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<Path> directory(Path snapshots, String commit) {
        Path snapshot = snapshots.resolve(commit);
        return Files.isDirectory(snapshot) ? Optional.of(snapshot) : Optional.empty();
    }

    private static List<Path> list(Path folder) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
            entries.forEach(found::add);
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return List.of();
        }
        found.sort(null);
        return found;
    }
}
