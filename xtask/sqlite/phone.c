/* The phone's SQLite: what no statement of the app asks for is left out, beyond what compiler flags alone can do (those are
** in .cargo/config.toml). The build puts this file in the place of the amalgamation, and gives the amalgamation's own
** address as AMALGAMATION.
**
** SQLite's parser knows every statement even when what would carry it out is left out. So each of those gets an answer
** here: the statement fails when it is prepared, as one with a mistake does.
*/
#define SQLITE_OMIT_ALTERTABLE 1
#define SQLITE_OMIT_ANALYZE 1
#define SQLITE_OMIT_AUTOMATIC_INDEX 1
#define SQLITE_OMIT_BETWEEN_OPTIMIZATION 1
#define SQLITE_OMIT_BLOB_LITERAL 1
#define SQLITE_OMIT_DATETIME_FUNCS 1
#define SQLITE_OMIT_HEX_INTEGER 1
#define SQLITE_OMIT_INCRBLOB 1
#define SQLITE_OMIT_LIKE_OPTIMIZATION 1
#define SQLITE_OMIT_OR_OPTIMIZATION 1
#define SQLITE_OMIT_REINDEX 1
#define SQLITE_OMIT_SCHEMA_PRAGMAS 1
#define SQLITE_OMIT_SUBTYPE 1
#define SQLITE_OMIT_VIEW 1
#define SQLITE_OMIT_VIRTUALTABLE 1
#define SQLITE_OMIT_XFER_OPT 1

/* Without its own dates SQLite would ask the C library for `current_date` and the like. The app never does. */
#include <time.h>
#define gmtime(seconds) 0
#define strftime(text, length, format, time) 0

/* Called by the bodies in never.txt as well. */
struct Parse;
struct sqlite3_context;
static void left_out(struct Parse *parse);
static void no_function(struct sqlite3_context *context);

#include AMALGAMATION

static void left_out(Parse *parse) {
  sqlite3ErrorMsg(parse, "left out of the phone's SQLite");
}

static void no_function(sqlite3_context *context) {
  sqlite3_result_error(context, "left out of the phone's SQLite", -1);
}

void sqlite3AlterAddConstraint(Parse *p, SrcList *a, Token *b, Token *c, const char *d, int e, Expr *f) { left_out(p); }
void sqlite3AlterBeginAddColumn(Parse *p, SrcList *a) { left_out(p); }
void sqlite3AlterDropColumn(Parse *p, SrcList *a, const Token *b) { left_out(p); }
void sqlite3AlterDropConstraint(Parse *p, SrcList *a, Token *b, Token *c) { left_out(p); }
void sqlite3AlterFinishAddColumn(Parse *p, Token *a) { left_out(p); }
void sqlite3AlterRenameColumn(Parse *p, SrcList *a, Token *b, Token *c) { left_out(p); }
void sqlite3AlterRenameTable(Parse *p, SrcList *a, Token *b) { left_out(p); }
void sqlite3AlterSetNotNull(Parse *p, SrcList *a, Token *b, Token *c) { left_out(p); }
void sqlite3Analyze(Parse *p, Token *a, Token *b) { left_out(p); }
void sqlite3CreateView(Parse *p, Token *a, Token *b, Token *c, ExprList *d, Select *e, int f, int g) { left_out(p); }
void sqlite3Reindex(Parse *p, Token *a, Token *b) { left_out(p); }
void sqlite3VtabArgExtend(Parse *p, Token *a) {}
void sqlite3VtabArgInit(Parse *p) {}
void sqlite3VtabBeginParse(Parse *p, Token *a, Token *b, Token *c, int d) { left_out(p); }
void sqlite3VtabFinishParse(Parse *p, Token *a) {}
