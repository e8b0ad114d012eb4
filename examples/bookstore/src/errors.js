class HttpError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

const notFound = (what) => new HttpError(404, `no such ${what}`)

/** What Postgres says of a broken constraint, in HTTP's words. */
const constraintStatus = { 23503: 409, 23505: 409, 23502: 400 }

function sendError(error, _request, response, _next) {
  const status = error.status ?? constraintStatus[error.code] ?? 500
  response.status(status).json({ error: error.message })
}

module.exports = { HttpError, notFound, sendError }
