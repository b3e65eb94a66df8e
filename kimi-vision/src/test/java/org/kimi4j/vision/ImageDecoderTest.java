package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferUShort;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.chat.MediaOptions.Alpha;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.UnsupportedOptionException;

/** Pictures in memory, header-only reading, options, and the JDK's global state. */
class ImageDecoderTest {

    private static final ImageDecoder DECODER = new ImageDecoder(MediaOptions.DEFAULTS);
    private static final ImageDecoder ON_WHITE =
            new ImageDecoder(MediaOptions.builder().alpha(Alpha.ON_WHITE).build());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "png-type2-8bit.png",
                "png-type3-4bit.png",
                "png-type0-1bit.png",
                "png-type0-8bit.png",
                "png-type4-8bit.png",
                "png-type6-8bit.png",
                "jpeg-gray.jpg",
                "bmp-24.bmp",
                "gif-16-colors.gif"
            })
    void bufferedImageHasThePixelsOfItsFile(String file) throws IOException {
        byte[] data = Fixtures.bytes("corpus/" + file);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(data));
        assertThat(DECODER.decode(image).rgb()).isEqualTo(DECODER.decode(data).rgb());
        assertThat(ON_WHITE.decode(image).rgb()).isEqualTo(ON_WHITE.decode(data).rgb());
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                BufferedImage.TYPE_INT_RGB,
                BufferedImage.TYPE_INT_ARGB,
                BufferedImage.TYPE_INT_BGR,
                BufferedImage.TYPE_3BYTE_BGR,
                BufferedImage.TYPE_4BYTE_ABGR,
                BufferedImage.TYPE_INT_ARGB_PRE
            })
    void everyLayoutOfABufferedImageIsRead(int type) {
        BufferedImage image = new BufferedImage(5, 3, type);
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 5; x++) {
                image.setRGB(x, y, 0xFF000000 | (x * 50) << 16 | (y * 100) << 8 | x + y);
            }
        }
        RgbImage rgb = DECODER.decode(image.getSubimage(1, 1, 4, 2));
        assertThat(rgb.width()).isEqualTo(4);
        int last = 3 * 7;
        assertThat(rgb.rgb()[last] & 0xFF).isEqualTo(200);
        assertThat(rgb.rgb()[last + 1] & 0xFF).isEqualTo(200);
        assertThat(rgb.rgb()[last + 2] & 0xFF).isEqualTo(6);
    }

    @Test
    void sixteenBitGrayInMemoryKeepsItsHighByte() {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        short[] data = ((DataBufferUShort) image.getRaster().getDataBuffer()).getData();
        data[0] = (short) 0xABCD;
        data[1] = 0x12;
        assertThat(DECODER.decode(image).rgb()).containsExactly(0xAB, 0xAB, 0xAB, 0, 0, 0);
    }

    @Test
    void transparentColourShowsOrIsPutOnWhite() {
        BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00112233);
        assertThat(DECODER.decode(image).rgb()).containsExactly(0x11, 0x22, 0x33);
        assertThat(ON_WHITE.decode(image).rgb()).containsExactly(255, 255, 255);
    }

    @Test
    void sizeAndTokensAreKnownFromTheHeader() {
        byte[] jpeg = Fixtures.bytes("corpus/jpeg-exif6.jpg");
        EncodedImage flat = DECODER.open(jpeg, "photo.jpg");
        assertThat(List.of(flat.width(), flat.height())).containsExactly(46, 35);
        assertThat(flat.format()).isEqualTo("JPEG");
        assertThat(flat.name()).isEqualTo("photo.jpg");
        EncodedImage upright =
                new ImageDecoder(MediaOptions.builder().orient(true).build()).open(jpeg, "photo.jpg");
        assertThat(List.of(upright.width(), upright.height())).containsExactly(35, 46);
    }

    @Test
    void pictureInMemoryAboveThePixelLimitIsRefused() {
        ImageDecoder small =
                new ImageDecoder(MediaOptions.builder().maxPixels(10).build());
        assertThatThrownBy(() -> small.decode(new BufferedImage(4, 3, BufferedImage.TYPE_INT_RGB)))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("maxPixels");
    }

    @Test
    void optionsOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> MediaOptions.builder().maxPixels(0))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("maxPixels");
        assertThatThrownBy(() -> MediaOptions.builder().maxFrames(-1))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("maxFrames");
    }

    @Test
    void optionsAreKeptWhenOneIsReplaced() {
        MediaOptions options = MediaOptions.builder()
                .maxPixels(5)
                .maxEncodedBytes(6)
                .orient(true)
                .alpha(Alpha.ON_WHITE)
                .lossyWebp(MediaOptions.LossyWebp.REFUSE)
                .maxFramePatches(8)
                .countFrames(true)
                .cacheBytes(9)
                .build()
                .with(o -> o.maxFrames(7));
        assertThat(options.maxPixels()).isEqualTo(5);
        assertThat(options.maxEncodedBytes()).isEqualTo(6);
        assertThat(options.orient()).isTrue();
        assertThat(options.alpha()).isEqualTo(Alpha.ON_WHITE);
        assertThat(options.lossyWebp()).isEqualTo(MediaOptions.LossyWebp.REFUSE);
        assertThat(options.maxFrames()).isEqualTo(7);
        assertThat(options.maxFramePatches()).isEqualTo(8);
        assertThat(options.countFrames()).isTrue();
        assertThat(options.cacheBytes()).isEqualTo(9);
        assertThat(options.ffmpeg()).isEmpty();
    }

    @Test
    void readersAnApplicationInstallsAreNotUsed() {
        // Gone again in any case: the registry is shared by the whole process.
        ImageReaderSpi intruder = new IntruderSpi();
        IIORegistry registry = IIORegistry.getDefaultInstance();
        registry.registerServiceProvider(intruder, ImageReaderSpi.class);
        Iterator<ImageReaderSpi> others = registry.getServiceProviders(ImageReaderSpi.class, true);
        while (others.hasNext()) {
            ImageReaderSpi other = others.next();
            if (other != intruder) {
                registry.setOrdering(ImageReaderSpi.class, intruder, other);
            }
        }
        try {
            byte[] png = Fixtures.bytes("corpus/png-type2-8bit.png");
            assertThat(ImageIO.getImageReadersByFormatName("png").hasNext()).isTrue();
            assertThat(DECODER.decode(png).width()).isEqualTo(37);
            assertThat(JdkCodecs.find("png").getClass().getModule().getName()).isEqualTo("java.desktop");
        } finally {
            registry.deregisterServiceProvider(intruder, ImageReaderSpi.class);
        }
    }

    /** A provider that claims PNG and cannot read it. */
    private static final class IntruderSpi extends ImageReaderSpi {
        IntruderSpi() {
            super(
                    "test",
                    "1",
                    new String[] {"png"},
                    new String[] {"png"},
                    new String[] {"image/png"},
                    "none",
                    new Class<?>[] {ImageInputStream.class},
                    null,
                    false,
                    null,
                    null,
                    null,
                    null,
                    false,
                    null,
                    null,
                    null,
                    null);
        }

        @Override
        public boolean canDecodeInput(Object source) {
            return true;
        }

        @Override
        public ImageReader createReaderInstance(Object extension) {
            throw new IllegalStateException("this reader must not be asked for");
        }

        @Override
        public String getDescription(Locale locale) {
            return "test";
        }
    }
}
