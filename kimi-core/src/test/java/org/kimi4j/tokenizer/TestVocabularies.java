package org.kimi4j.tokenizer;

import com.knuddels.jtokkit.api.Encoding;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Vocabularies and the reference pattern that tests share. */
final class TestVocabularies {

    /** Kimi's pattern as the specification writes it for a Java regular expression. */
    static final Pattern PATTERN = Pattern.compile(
            String.join(
                    "|",
                    "[\\p{IsHan}]+",
                    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{IsHan}]]*"
                            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{IsHan}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
                    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{IsHan}]]+"
                            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{IsHan}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
                    "\\p{N}{1,3}",
                    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*",
                    "\\s*[\\r\\n]+",
                    "\\s+(?!\\S)",
                    "\\s+"),
            Pattern.UNICODE_CHARACTER_CLASS);

    private TestVocabularies() {}

    /** The o200k ranks that jtokkit carries, in the format of tiktoken.model. */
    static byte[] o200kFile() {
        try (InputStream in = Encoding.class.getResourceAsStream("/com/knuddels/jtokkit/o200k_base.tiktoken")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Vocabulary o200k() {
        return TiktokenFile.parse("o200k", o200kFile());
    }

    /** The first {@code size} ranks of o200k: a smaller vocabulary of the same kind. */
    static Vocabulary o200k(int size) {
        byte[] file = o200kFile();
        int end = 0;
        for (int lines = 0; lines < size; end++) {
            if (file[end] == '\n') {
                lines++;
            }
        }
        return TiktokenFile.parse("o200k", Arrays.copyOf(file, end));
    }

    /** K2.5's control tokens after the ordinary ones of a vocabulary. */
    static SpecialTokens specialTokens(int firstId) {
        String[] names = new String[TokenizerConfig.CONTROL_TOKENS];
        names[0] = SpecialTokens.BOS;
        names[1] = SpecialTokens.EOS;
        names[2] = SpecialTokens.IM_END;
        names[3] = SpecialTokens.IM_USER;
        names[4] = SpecialTokens.IM_ASSISTANT;
        names[10] = SpecialTokens.IM_SYSTEM;
        names[17] = SpecialTokens.IM_MIDDLE;
        names[18] = SpecialTokens.MEDIA_BEGIN;
        names[19] = SpecialTokens.MEDIA_CONTENT;
        names[20] = SpecialTokens.MEDIA_END;
        names[21] = SpecialTokens.MEDIA_PAD;
        names[22] = SpecialTokens.THINK;
        names[23] = SpecialTokens.END_THINK;
        names[254] = "[UNK]";
        names[255] = SpecialTokens.PAD;
        return TokenizerConfig.specialTokens("test", names, firstId);
    }

    static Tokenizer tokenizer(Vocabulary vocabulary) {
        return new VocabularyTokenizer(vocabulary, specialTokens(vocabulary.size()), new BytePairEncoder(vocabulary));
    }
}
