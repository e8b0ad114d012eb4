package isolane.neo4j;

import java.lang.reflect.Array;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZonedDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.neo4j.values.storable.CoordinateReferenceSystem;
import org.neo4j.values.storable.DurationValue;
import org.neo4j.values.storable.PointValue;
import org.neo4j.values.storable.Values;

/** Property values as lists of JSON: their type, and what they are made of. The other side is foreign/values.ts. */
final class JavaValues {
    private static final Map<String, Class<?>> COMPONENTS = Map.ofEntries(
            Map.entry("long[]", long.class),
            Map.entry("double[]", double.class),
            Map.entry("boolean[]", boolean.class),
            Map.entry("String[]", String.class),
            Map.entry("LocalDate[]", LocalDate.class),
            Map.entry("LocalTime[]", LocalTime.class),
            Map.entry("OffsetTime[]", OffsetTime.class),
            Map.entry("LocalDateTime[]", LocalDateTime.class),
            Map.entry("ZonedDateTime[]", ZonedDateTime.class),
            Map.entry("DurationValue[]", DurationValue.class),
            Map.entry("PointValue[]", PointValue.class));

    private JavaValues() {}

    static Object of(List<?> value) {
        String type = text(value, 0);
        switch (type) {
            case "Long":
                return Long.valueOf(text(value, 1));
            case "Double":
                return bits(value, 1);
            case "Boolean":
                return Boolean.valueOf(text(value, 1));
            case "String":
                return text(value, 1);
            case "LocalDate":
                return LocalDate.parse(text(value, 1));
            case "LocalTime":
                return LocalTime.parse(text(value, 1));
            case "OffsetTime":
                return OffsetTime.parse(text(value, 1));
            case "LocalDateTime":
                return LocalDateTime.parse(text(value, 1));
            case "ZonedDateTime":
                return ZonedDateTime.parse(text(value, 1));
            case "Duration":
                return DurationValue.duration(number(value, 1), number(value, 2), number(value, 3), number(value, 4));
            case "Point":
                return point(value);
            case "byte[]":
                return HexFormat.of().parseHex(text(value, 1));
            default:
                return array(type, (List<?>) value.get(1));
        }
    }

    private static PointValue point(List<?> value) {
        double[] coordinates = new double[value.size() - 2];
        for (int index = 0; index < coordinates.length; index++) {
            coordinates[index] = bits(value, index + 2);
        }
        int code = ((Number) value.get(1)).intValue();
        return Values.pointValue(CoordinateReferenceSystem.get(code), coordinates);
    }

    private static Object array(String type, List<?> items) {
        Class<?> component = COMPONENTS.get(type);
        if (component == null) {
            throw new Fault("DAMAGED", "it has a value of the type " + type);
        }
        Object array = Array.newInstance(component, items.size());
        for (int index = 0; index < items.size(); index++) {
            Array.set(array, index, of((List<?>) items.get(index)));
        }
        return array;
    }

    private static String text(List<?> value, int index) {
        return (String) value.get(index);
    }

    private static long number(List<?> value, int index) {
        return Long.parseLong(text(value, index));
    }

    private static double bits(List<?> value, int index) {
        return Double.longBitsToDouble(Long.parseUnsignedLong(text(value, index), 16));
    }
}
