package org.kimi4j.vision;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.kimi4j.json.Json;

/** Access to the test resources of this package. */
final class Fixtures {

    private Fixtures() {}

    static byte[] bytes(String resource) {
        try (InputStream in = Fixtures.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("test resource " + resource + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Json.Obj json(String resource) {
        try (InputStream in = Fixtures.class.getResourceAsStream(resource)) {
            return (Json.Obj) Json.parse(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Json.SyntaxException e) {
            throw new IllegalStateException(resource, e);
        }
    }

    /** The objects of an array. */
    static List<Json.Obj> objects(Json.Obj parent, String key) {
        List<Json.Obj> objects = new ArrayList<>();
        for (Json item : array(parent, key)) {
            objects.add((Json.Obj) item);
        }
        return objects;
    }

    static List<Json> array(Json.Obj parent, String key) {
        return ((Json.Arr) parent.get(key).orElseThrow()).items();
    }

    static int integer(Json.Obj parent, String key) {
        return (int) number(parent, key);
    }

    static double number(Json.Obj parent, String key) {
        return ((Json.Num) parent.get(key).orElseThrow()).value().doubleValue();
    }

    static String text(Json.Obj parent, String key) {
        return ((Json.Str) parent.get(key).orElseThrow()).value();
    }

    static List<Integer> integers(Json.Obj parent, String key) {
        List<Integer> values = new ArrayList<>();
        for (Json item : array(parent, key)) {
            values.add(((Json.Num) item).value().intValueExact());
        }
        return values;
    }

    static String sha256(byte[] data) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
