package org.kimi4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** A vocabulary with its control tokens and the encoder for the text between them. */
final class VocabularyTokenizer implements Tokenizer {

    private final Vocabulary vocabulary;
    private final SpecialTokens specialTokens;
    private final ControlNames controlNames;
    private final RunEncoder encoder;

    VocabularyTokenizer(Vocabulary vocabulary, SpecialTokens specialTokens, RunEncoder encoder) {
        if (specialTokens.firstId() != vocabulary.size()) {
            throw new IllegalArgumentException("control tokens start at " + specialTokens.firstId() + ", not at "
                    + vocabulary.size() + " after the last ordinary token");
        }
        this.vocabulary = vocabulary;
        this.specialTokens = specialTokens;
        this.controlNames = new ControlNames(specialTokens);
        this.encoder = encoder;
    }

    @Override
    public int size() {
        return vocabulary.size() + specialTokens.names().size();
    }

    @Override
    public int[] encode(String text) {
        IntList ids = new IntList(text.length() / 3);
        int from = 0;
        for (int end : TextSlicer.ends(text)) {
            run(text, from, end, ids);
            from = end;
        }
        return ids.toArray();
    }

    @Override
    public int[] encodeRaw(String text) {
        IntList ids = new IntList(text.length() / 3);
        int from = 0;
        // Slices come first, as in the official code: a name that a cut divides is text.
        for (int end : TextSlicer.ends(text)) {
            for (int at = from; at < end; at++) {
                int id = controlNames.idAt(text, at, end);
                if (id >= 0) {
                    run(text, from, at, ids);
                    ids.add(id);
                    from = at + specialTokens.name(id).length();
                    at = from - 1;
                }
            }
            run(text, from, end, ids);
            from = end;
        }
        return ids.toArray();
    }

    @Override
    public int[] encodeParts(List<EncodingPart> parts) {
        StringBuilder joined = new StringBuilder();
        for (EncodingPart part : parts) {
            joined.append(
                    switch (part) {
                        case EncodingPart.Text(String text) -> text;
                        case EncodingPart.Control(String name) -> name;
                    });
        }
        String text = joined.toString();
        int[] slices = TextSlicer.ends(text);
        IntList ids = new IntList(text.length() / 3);
        int slice = 0;
        int from = 0;
        int at = 0;
        for (int i = 0; i <= parts.size(); i++) {
            if (i < parts.size() && parts.get(i) instanceof EncodingPart.Text(String plain)) {
                at += plain.length();
                continue;
            }
            // A run of text ends here, at a control token or at the end of the prompt.
            for (; slices[slice] < at; slice++) {
                run(text, from, slices[slice], ids);
                from = slices[slice];
            }
            run(text, from, at, ids);
            if (i < parts.size() && parts.get(i) instanceof EncodingPart.Control(String name)) {
                ids.add(specialTokens.id(name));
                at += name.length();
                from = at;
                while (slices[slice] < at) {
                    slice++;
                }
            }
        }
        return ids.toArray();
    }

    private void run(String text, int from, int to, IntList ids) {
        if (from < to) {
            encoder.encode(text, from, to, ids);
        }
    }

    @Override
    public String decode(int... ids) {
        StringBuilder out = new StringBuilder(4 * ids.length);
        Utf8Decoder decoder = new Utf8Decoder();
        for (int id : ids) {
            decode(id, decoder, out);
        }
        decoder.finish(out);
        return out.toString();
    }

    private void decode(int id, Utf8Decoder decoder, StringBuilder out) {
        requireId(id);
        if (id < vocabulary.size()) {
            vocabulary.decode(id, decoder, out);
        } else {
            decoder.finish(out);
            out.append(specialTokens.name(id));
        }
    }

    @Override
    public byte[] bytes(int id) {
        requireId(id);
        return id < vocabulary.size()
                ? vocabulary.bytes(id)
                : specialTokens.name(id).getBytes(StandardCharsets.UTF_8);
    }

    private void requireId(int id) {
        if (id < 0 || id >= size()) {
            throw new IllegalArgumentException(
                    "token " + id + " is not in the vocabulary: ids run from 0 to " + (size() - 1));
        }
    }

    @Override
    public SpecialTokens specialTokens() {
        return specialTokens;
    }

    @Override
    public void close() {
        encoder.close();
    }
}
