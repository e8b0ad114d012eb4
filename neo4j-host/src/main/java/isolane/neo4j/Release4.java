package isolane.neo4j;

import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.graphdb.Entity;
import org.neo4j.graphdb.spatial.Point;
import org.neo4j.kernel.impl.transaction.log.LogPosition;
import org.neo4j.storageengine.api.TransactionId;
import org.neo4j.storageengine.api.TransactionIdStore;

/** Neo4j 4.4. What 5.26, which this is compiled against, does not have is called by its name. */
final class Release4 implements Release {
    /** Beginnings of settings' names in 5, and what they were before. The first that fits counts. */
    private static final Map<String, String> PREFIXES = new LinkedHashMap<>();

    static {
        PREFIXES.put("server.config.strict_validation.enabled", "dbms.config.strict_validation");
        PREFIXES.put("server.memory.query_cache.per_db_cache_num_entries", "dbms.query_cache_size");
        PREFIXES.put("server.bolt.", "dbms.connector.bolt.");
        PREFIXES.put("server.http.", "dbms.connector.http.");
        PREFIXES.put("server.", "dbms.");
        PREFIXES.put("initial.dbms.", "dbms.");
        PREFIXES.put("db.", "dbms.");
        PREFIXES.put("internal.server.bolt.", "dbms.connector.bolt.unsupported_");
        PREFIXES.put("internal.db.", "unsupported.dbms.");
        PREFIXES.put("internal.", "unsupported.");
    }

    @Override
    public String setting(String name) {
        return PREFIXES.entrySet().stream()
                .filter(prefix -> name.startsWith(prefix.getKey()))
                .map(prefix -> prefix.getValue() + name.substring(prefix.getKey().length()))
                .findFirst()
                .orElse(name);
    }

    @Override
    public int boltPort(ConnectorPortRegister register) {
        return (Integer) invoke(invoke(register, "getLocalAddress", "bolt"), "getPort");
    }

    @Override
    public String credential(byte[] password) {
        try {
            String security = "org.neo4j.cypher.internal.security.";
            Object hasher = Class.forName(security + "SecureHasher").getConstructor().newInstance();
            Class<?> credential = Class.forName(security + "SystemGraphCredential");
            return (String) invoke(
                    invokeOf(credential, null, "createCredentialForPassword", password, hasher), "serialize");
        } catch (ReflectiveOperationException error) {
            throw notAsExpected(error);
        }
    }

    @Override
    @SuppressWarnings("removal")
    public String numberOf(Entity entity) {
        return Long.toString(entity.getId());
    }

    @Override
    public double[] coordinates(Point point) {
        List<?> coordinates = (List<?>) invoke(point.getCoordinate(), "getCoordinate");
        return coordinates.stream().mapToDouble(each -> (Double) each).toArray();
    }

    @Override
    public void continueFrom(long number, TransactionIdStore store) {
        TransactionId last = store.getLastCommittedTransaction();
        LogPosition end = (LogPosition) invoke(store.getLastClosedTransaction(), "getLogPosition");
        invokeOf(
                TransactionIdStore.class,
                store,
                "setLastCommittedAndClosedTransactionId",
                number,
                last.checksum(),
                last.commitTimestamp(),
                end.getByteOffset(),
                end.getLogVersion(),
                noCursor());
    }

    private static Object noCursor() {
        try {
            return Class.forName("org.neo4j.io.pagecache.context.CursorContext").getField("NULL").get(null);
        } catch (ReflectiveOperationException error) {
            throw notAsExpected(error);
        }
    }

    private static Object invoke(Object target, String name, Object... arguments) {
        return invokeOf(target.getClass(), target, name, arguments);
    }

    /** By its name and number of parameters: where one of 4.4 is called, there is but one that the arguments fit. */
    private static Object invokeOf(Class<?> type, Object target, String name, Object... arguments) {
        try {
            for (Method method : type.getMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == arguments.length) {
                    return method.invoke(target, arguments);
                }
            }
            throw new NoSuchMethodException(type.getName() + "." + name);
        } catch (ReflectiveOperationException error) {
            throw notAsExpected(error);
        }
    }

    private static Fault notAsExpected(ReflectiveOperationException error) {
        return new Fault("FAILED", "this Neo4j 4 is not like 4.4.48", error);
    }
}
