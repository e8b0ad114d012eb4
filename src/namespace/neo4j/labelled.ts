import type { Driver, ManagedTransaction, Result, Session, SessionConfig, Transaction } from 'neo4j-driver'
import { IsolaneError } from '../../core/errors.ts'
import type { Namespace } from './cypher/reading.ts'
import { rewrite } from './cypher/rewrite.ts'
import { namespaceOf } from './namespace-labels.ts'
import { cleanResult, withoutLabel } from './results.ts'

type Query = Parameters<Session['run']>[0]

export interface LabelledOptions {
  /**
   * The labels of all namespaces in that database. A query that names the label of another one is refused.
   * Default: Dev, Test, Staging and Production.
   */
  readonly namespaces?: readonly string[]
}

/**
 * A driver that stays within one namespace of a database: each node that it creates gets the label, and each node pattern
 * asks for it. Queries are parsed and rewritten before they are sent; the label does not show in results.
 *
 * Every method of it throws ISOLANE_QUERY_REFUSED for a query that can't be kept in the namespace for sure: of
 * procedures, of plugins' functions, of schema and administration commands, of another namespace's label.
 *
 * @throws ISOLANE_OPTION_INVALID for a label that is not made of letters, digits and `_`
 */
export function labelled(driver: Driver, label: string, options: LabelledOptions = {}): Driver {
  const rewriter = new Rewriter(namespaceOf(label, options.namespaces))
  return replacing(driver, passedBy.driver, {
    session: (config?: SessionConfig) => labelledSession(driver.session(config), rewriter),
    executeQuery: async (query: Query, parameters?: unknown, config: QueryConfig = {}, ...rest: never[]) => {
      const { resultTransformer } = config
      const clean = resultTransformer && {
        resultTransformer: (result: Result) => resultTransformer(cleanResult(result, label)),
      }
      const execute = driver.executeQuery as (...parts: unknown[]) => Promise<{ readonly records: object }>
      const answer = await execute.call(driver, rewriter.query(query), parameters, { ...config, ...clean }, ...rest)
      return clean ? answer : withoutLabel(answer, label)
    },
  })
}

interface QueryConfig {
  readonly resultTransformer?: (result: Result) => unknown
}

function labelledSession(session: Session, rewriter: Rewriter): Session {
  const work = (method: 'executeRead' | 'executeWrite' | 'readTransaction' | 'writeTransaction') => {
    return (work: (transaction: ManagedTransaction) => unknown, ...rest: never[]) =>
      (session[method as 'executeRead'] as (...parts: unknown[]) => Promise<unknown>)(
        (transaction: ManagedTransaction) => work(running(transaction, rewriter)),
        ...rest,
      )
  }
  return running(session, rewriter, {
    executeRead: work('executeRead'),
    executeWrite: work('executeWrite'),
    readTransaction: work('readTransaction'),
    writeTransaction: work('writeTransaction'),
    beginTransaction: (...parts: Parameters<Session['beginTransaction']>) => {
      const begun = session.beginTransaction(...parts)
      // It is a transaction already, and a promise of one.
      const opened = () => begun.then((transaction) => running(transaction as Transaction, rewriter))
      return running(begun as unknown as Transaction, rewriter, {
        // biome-ignore lint/suspicious/noThenProperty: what a transaction is awaited by.
        then: (...handlers: Parameters<Promise<Transaction>['then']>) => opened().then(...handlers),
        catch: (...handlers: Parameters<Promise<Transaction>['catch']>) => opened().catch(...handlers),
        finally: (...handlers: Parameters<Promise<Transaction>['finally']>) => opened().finally(...handlers),
      })
    },
  })
}

/** A session or a transaction whose queries are rewritten. */
function running<Runner extends Session | Transaction | ManagedTransaction>(
  runner: Runner,
  rewriter: Rewriter,
  more: Readonly<Record<string, unknown>> = {},
): Runner {
  const run = (query: Query, ...rest: never[]) => {
    const result = (runner.run as (...parts: unknown[]) => Result).call(runner, rewriter.query(query), ...rest)
    return cleanResult(result, rewriter.namespace.label)
  }
  return replacing(runner, passedBy.runner, { run, ...more })
}

/** What runs no query. Everything else that a driver has is refused: it might. */
const passedBy = {
  driver: [
    'verifyConnectivity',
    'verifyAuthentication',
    'getServerInfo',
    'getNegotiatedProtocolVersion',
    'supportsMultiDb',
    'supportsTransactionConfig',
    'supportsUserImpersonation',
    'supportsSessionAuth',
    'isEncrypted',
    'close',
  ],
  runner: ['close', 'commit', 'rollback', 'isOpen', 'lastBookmark', 'lastBookmarks'],
}

function replacing<Target extends object>(
  target: Target,
  passed: readonly string[],
  replaced: Readonly<Record<string, unknown>>,
): Target {
  return new Proxy(target, {
    get: (_, property) => {
      if (typeof property === 'string' && Object.hasOwn(replaced, property) && property in target)
        return replaced[property]
      const value = Reflect.get(target, property, target)
      if (typeof value !== 'function' || property === 'constructor') return value
      if (typeof property === 'symbol' || passed.includes(property)) return value.bind(target)
      return () => {
        throw new IsolaneError({
          code: 'ISOLANE_QUERY_REFUSED',
          message: `A labelled driver has no ${property}, as what that runs can not be rewritten`,
          remedy: 'use session(), its transactions, or executeQuery',
        })
      }
    },
  })
}

/** Rewrites each text once. */
class Rewriter {
  readonly namespace: Namespace
  readonly #known = new Map<string, string>()

  constructor(namespace: Namespace) {
    this.namespace = namespace
  }

  query(query: Query): Query {
    if (typeof query === 'object' && 'text' in query) return { ...query, text: this.#text(query.text) }
    return this.#text(String(query))
  }

  #text(text: string): string {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const written = rewrite(text, this.namespace)
    // Programs have some hundred queries; one that pastes values into its texts must not fill the memory.
    if (this.#known.size >= 1_000) this.#known.clear()
    this.#known.set(text, written)
    return written
  }
}
