const app = require('./app.js')

const port = Number(process.env.PORT ?? 3000)
app.listen(port, () => console.log(`The bookstore is open at http://localhost:${port}`))
