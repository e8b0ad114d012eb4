/** `npm run api`: accepts the public types as they were built, into api/. */
import { acceptApi, apiChanges } from './package/accepted-api.ts'
import { apiReports } from './package/api-report.ts'

const reports = apiReports()
const changes = apiChanges(reports)
acceptApi(reports)
console.log(changes || 'No public type has changed.')
