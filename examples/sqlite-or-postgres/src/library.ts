import { database, type Row } from './database.ts'

const copiesLeft = `
  SELECT book.copies - count(loan.reader) AS copies
  FROM book LEFT JOIN loan ON loan.isbn = book.isbn
  WHERE book.isbn = $1
  GROUP BY book.copies`

export async function available(isbn: string): Promise<number> {
  const [row] = await database.query(copiesLeft, isbn)
  return Number(row?.copies ?? 0)
}

/** @throws when no copy is left, or the reader has one already. */
export async function lend(isbn: string, reader: string, due: string): Promise<void> {
  if ((await available(isbn)) < 1) throw new Error(`No copy of ${isbn} is left`)
  await database.query('INSERT INTO loan (isbn, reader, due) VALUES ($1, $2, $3)', isbn, reader, due)
}

export async function giveBack(isbn: string, reader: string): Promise<void> {
  await database.query('DELETE FROM loan WHERE isbn = $1 AND reader = $2', isbn, reader)
}

/** Titles on loan for longer than agreed. */
export async function overdue(today: string): Promise<readonly Row[]> {
  const text = `
    SELECT book.title, loan.reader
    FROM loan JOIN book ON book.isbn = loan.isbn
    WHERE loan.due < $1
    ORDER BY loan.due`
  return database.query(text, today)
}
