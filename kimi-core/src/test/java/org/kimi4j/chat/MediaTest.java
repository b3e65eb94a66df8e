package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.error.MediaException;

class MediaTest {

    @Test
    void sourcesAreEqualByContent() {
        assertThat(Media.of(new byte[] {1, 2}))
                .isEqualTo(Media.read(new ByteArrayInputStream(new byte[] {1, 2})))
                .hasSameHashCodeAs(Media.of(new byte[] {1, 2}))
                .isNotEqualTo(Media.of(new byte[] {1, 3}))
                .hasToString("Bytes[2 bytes]");
        assertThat(new Media.Rgb(1, 2, new byte[6]))
                .isEqualTo(new Media.Rgb(1, 2, new byte[6]))
                .hasSameHashCodeAs(new Media.Rgb(1, 2, new byte[6]))
                .isNotEqualTo(new Media.Rgb(2, 1, new byte[6]));
        assertThat(new Media.Padded(28, 56, 2, new byte[9408]))
                .isEqualTo(new Media.Padded(28, 56, 2, new byte[9408]))
                .hasSameHashCodeAs(new Media.Padded(28, 56, 2, new byte[9408]))
                .isNotEqualTo(new Media.Padded(56, 28, 2, new byte[9408]))
                .isNotEqualTo(new Media.Padded(28, 112, 1, new byte[9408]));
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
        assertThat(Media.of(image))
                .isEqualTo(Media.of(image))
                .isNotEqualTo(Media.of(new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB)))
                .hasToString("Buffered[2 x 1]");
        assertThat(Media.of(Path.of("a"))).isEqualTo(new Media.File(Path.of("a")));
    }

    @Test
    void dataAddressesAreDecoded() {
        assertThat(new Media.Uri("data:image/png;base64,AQID").data()).isEqualTo(Media.of(new byte[] {1, 2, 3}));
        assertThat(new Media.Uri("DATA:;BASE64,AQ\n ID").data()).isEqualTo(Media.of(new byte[] {1, 2, 3}));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://example.org/cat.png",
                "file:///etc/passwd",
                "cat.png",
                "data:image/png,x",
                "data:x",
                "data:image/png;base64,***",
                "data:image/png;base64,"
            })
    void otherAddressesAreNeverOpened(String uri) {
        assertThatThrownBy(() -> new Media.Uri(uri).data()).isInstanceOf(MediaException.class);
    }

    @Test
    void longAddressesAreShortenedInMessages() {
        assertThat(new Media.Uri("data:," + "x".repeat(1000)).toString()).hasSizeLessThan(100);
    }

    @Test
    void impossibleSourcesAreRefused() {
        assertThatThrownBy(() -> new Media.Padded(28, 28, 2, new byte[2352])).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> new Media.Padded(1 << 30, 1 << 30, 1 << 30, new byte[0]))
                .isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> new Media.Frames(List.of(new Media.Padded(28, 28, 1, new byte[2352])), 1))
                .isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> new Media.Rgb(2, 2, new byte[11]))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("2 x 2")
                .hasMessageContaining("11");
        assertThatThrownBy(() -> new Media.Rgb(0, 0, new byte[0])).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> Media.of(new byte[0])).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> new Media.Frames(List.of(), 2)).isInstanceOf(MediaException.class);
        Media picture = new Media.Uri("x");
        assertThatThrownBy(() -> new Media.Frames(List.of(picture), Double.NaN)).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> new Media.Frames(List.of(new Media.Frames(List.of(picture), 1)), 1))
                .isInstanceOf(MediaException.class);
    }

    @Test
    void aStreamThatFailsIsReported() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("cable out");
            }
        };
        assertThatThrownBy(() -> Media.read(broken))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("cable out");
    }
}
