package isolane.neo4j;

import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.time.temporal.TemporalAmount;
import java.time.temporal.TemporalUnit;
import org.neo4j.graphdb.spatial.Point;

/** Property values as bytes: equal for equal values of one type, and only for those. Floats count by their bits. */
final class Values {
    private Values() {}

    static void write(Object value, DataOutputStream out) throws IOException {
        if (value.getClass().isArray()) {
            int length = Array.getLength(value);
            text(value.getClass().getComponentType().getSimpleName() + "[]", out);
            out.writeInt(length);
            for (int index = 0; index < length; index++) {
                write(Array.get(value, index), out);
            }
            return;
        }
        if (value instanceof Point point) {
            text("Point", out);
            out.writeInt(point.getCRS().getCode());
            for (double coordinate : Release.RUNNING.coordinates(point)) {
                out.writeLong(Double.doubleToRawLongBits(coordinate));
            }
            return;
        }
        if (value instanceof TemporalAmount duration) {
            text("Duration", out);
            for (TemporalUnit unit : duration.getUnits()) {
                out.writeLong(duration.get(unit));
            }
            return;
        }
        text(value.getClass().getSimpleName(), out);
        if (value instanceof Double number) {
            out.writeLong(Double.doubleToRawLongBits(number));
        } else if (value instanceof Float number) {
            out.writeInt(Float.floatToRawIntBits(number));
        } else {
            // Of the others, those of java.time among them, the text is exact.
            text(value.toString(), out);
        }
    }

    static void text(String text, DataOutputStream out) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
