package isolane.neo4j;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Just enough of a Bolt client to rehearse a test's conversation, so that its classes are in the archive. */
final class Bolt {
    private static final int HELLO = 0x01;
    private static final int LOGON = 0x6A;
    private static final int RUN = 0x10;
    private static final int PULL = 0x3F;
    private static final int RECORD = 0x71;
    private static final int SUCCESS = 0x70;

    private final DataInputStream in;
    private final DataOutputStream out;

    private Bolt(Socket socket) throws IOException {
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    static void rehearse(int port, String password, List<String> statements) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(30_000);
            Bolt bolt = new Bolt(socket);
            // The magic number, then the versions offered: 5.4 down to 5.0, and 4.4.
            bolt.out.write(new byte[] {0x60, 0x60, (byte) 0xB0, 0x17, 0, 4, 4, 5, 0, 0, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0});
            int major = bolt.in.readInt() & 0xFF;
            Map<String, Object> login = Map.of("scheme", "basic", "principal", "neo4j", "credentials", password);
            Map<String, Object> hello = new HashMap<>(
                    Map.of("user_agent", "isolane/1", "bolt_agent", Map.of("product", "isolane/1")));
            if (major == 4) {
                hello.putAll(login);
                bolt.exchange(HELLO, hello);
            } else {
                bolt.exchange(HELLO, hello);
                bolt.exchange(LOGON, login);
            }
            for (String statement : statements) {
                bolt.exchange(RUN, statement, Map.of(), Map.of());
                bolt.exchange(PULL, Map.of("n", -1));
            }
        }
    }

    private void exchange(int message, Object... fields) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(0xB0 | fields.length);
        body.write(message);
        for (Object field : fields) {
            pack(field, body);
        }
        out.writeShort(body.size());
        body.writeTo(out);
        out.writeShort(0);
        out.flush();
        int answer = answer();
        while (answer == RECORD) {
            answer = answer();
        }
        if (answer != SUCCESS) {
            throw new IOException("the server answered " + Integer.toHexString(answer));
        }
    }

    private int answer() throws IOException {
        int kind = -1;
        int size = in.readUnsignedShort();
        while (kind < 0 || size > 0) {
            byte[] chunk = in.readNBytes(size);
            if (kind < 0 && size > 1) {
                kind = chunk[1] & 0xFF;
            }
            size = in.readUnsignedShort();
        }
        return kind;
    }

    private static void pack(Object value, ByteArrayOutputStream out) {
        if (value instanceof Map<?, ?> map) {
            out.write(0xA0 | map.size());
            map.forEach((key, item) -> {
                pack(key, out);
                pack(item, out);
            });
        } else if (value instanceof Integer number) {
            out.write(number);
        } else {
            byte[] text = String.valueOf(value).getBytes(StandardCharsets.UTF_8);
            out.write(0xD0);
            out.write(text.length);
            out.writeBytes(text);
        }
    }
}
