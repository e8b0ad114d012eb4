import type { Node, RecordShape, Result, ResultObserver, ResultSummary } from 'neo4j-driver'

/** Takes the namespace's label off every node in a record, a list, a map or a path: in place, as the server sends each anew. */
export function withoutLabel<Value>(value: Value, label: string): Value {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (isNode(value)) value.labels = value.labels.filter((one) => one !== label)
  else for (const part of Object.values(value)) withoutLabel(part, label)
  return value
}

/** As the driver's own `isNode`, which is not there before the driver is loaded. */
function isNode(value: object): value is Node {
  return '__isNode__' in value
}

/** A result whose nodes come without the namespace's label, in whichever way they are read. */
export function cleanResult<Shape extends RecordShape>(result: Result<Shape>, label: string): Result<Shape> {
  const clean = <Value>(value: Value) => withoutLabel(value, label)
  const whole = () => result.then(({ records, summary }) => ({ records: clean(records), summary }))
  const replaced: Partial<Record<PropertyKey, unknown>> = {
    // biome-ignore lint/suspicious/noThenProperty: what a result is awaited by.
    then: (...handlers: Parameters<Result<Shape>['then']>) => whole().then(...handlers),
    catch: (...handlers: Parameters<Result<Shape>['catch']>) => whole().catch(...handlers),
    finally: (...handlers: Parameters<Result<Shape>['finally']>) => whole().finally(...handlers),
    subscribe: (observer: ResultObserver<Shape>) =>
      result.subscribe({ ...observerOf(observer), onNext: (record) => observer.onNext?.(clean(record)) }),
    [Symbol.asyncIterator]: () => cleanIterator(result[Symbol.asyncIterator](), clean),
    as: (...rules: never[]) => cleanResult((result.as as (...rules: never[]) => Result<Shape>)(...rules), label),
  }
  return new Proxy(result, {
    get: (target, property) => {
      if (Object.hasOwn(replaced, property) && property in target) return replaced[property]
      const value = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Only what is there: the driver tells apart who listens to what. */
function observerOf<Shape extends RecordShape>({ onKeys, onCompleted, onError }: ResultObserver<Shape>) {
  return { ...(onKeys && { onKeys }), ...(onCompleted && { onCompleted }), ...(onError && { onError }) }
}

type Records<Shape extends RecordShape> = ReturnType<Result<Shape>[typeof Symbol.asyncIterator]>

function cleanIterator<Shape extends RecordShape>(
  records: Records<Shape>,
  clean: <Value>(value: Value) => Value,
): Records<Shape> {
  return {
    next: async () => clean(await records.next()),
    peek: async () => clean(await records.peek()),
    return: (summary: ResultSummary) => records.return?.(summary),
    [Symbol.asyncIterator]() {
      return this
    },
  } as Records<Shape>
}
