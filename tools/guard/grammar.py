"""What a reading statement may be made of: first words, words before a parenthesis, kinds of nodes, types."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The roots. Whatever else a statement begins with is refused by not standing here.
QUERY_WORDS = frozenset({"select", "with", "values", "table", "("})
DIALECT_QUERY_WORDS = {
    "duckdb": _words("from pivot unpivot pivot_wider pivot_longer"),
    "clickhouse": _words("from"),
    "bigquery": _words("from"),  # FROM t |> WHERE ...
}

# Words that may stand before a parenthesis without being called. A function of such a name is still seen
# in the tree, where it is exp.Anonymous.
GRAMMAR_WORDS = _words(
    """
    select distinct all from join on using where and or not in is as by having qualify limit offset
    fetch top union except intersect minus values with recursive materialized case when then else
    between like ilike rlike regexp glob match similar to escape any some exists over filter group
    grouping sets rollup cube within partition order window rows range groups lateral unnest apply outer
    cross natural inner left right full table only tablesample sample bernoulli system system_rows
    reservoir bucket repeatable seed percent pivot unpivot pivot_wider pivot_longer for include exclude replace
    rename columns
    interval array row struct map enum set_of returning error default nested path json xmlattributes
    xmlnamespaces passing against index key use force ignore straight_join view format explain analyze
    zone prior start connect xor div mod binary collate asof positional anti semi measures define
    pattern after keep dense_rank xmltable cycle search asc desc cast variadic then of at overlaps
    contains return nulls first last siblings option xml auto without match_recognize match_condition openjson
    """
)
# Words of the grammar that leave no trace in sqlglot's tree. Any other word of the text has to be in it.
SILENT_WORDS = _words(
    """
    absolute after aggregate any asymmetric both breadth bucket conditional connect_by_root content current default
    define depth document
    each empty error exclude exclusive extend fill final first following if ignore include indexed input interpolate
    keep key lambda last leading level local locked low_priority match measures mode name nested next nfc nfd
    nfkc nfkd no nocycle normalized null nulls offset oj omit one only ordinality others outer past pattern
    per percent permute placing portion preceding preserve prior quotes recursive ref respect restrict
    row rowcount rows running scalar search seed separator siblings skip sounds staleness standalone statement
    step strip subset symmetric system_time ties timelimit timestamp to totals trailing unbounded unconditional
    uescape unknown unpivot value version view within whitespace within wrapper year month day hour minute
    second quarter week yes zone sql_big_result sql_buffer_result sql_small_result sql_no_cache sql_cache
    high_priority safe net d t ts fn examined set_of out inout day_hour year_month day_second business_time
    """
)
TYPE_WORDS = _words(
    """
    decimal dec numeric number varchar varchar2 nvarchar nvarchar2 char nchar character bpchar varying
    binary varbinary bit varbit bitstring float double real time timetz timestamp timestamptz
    timestamp_tz timestamp_ltz timestamp_ntz datetime datetime2 datetimeoffset datetime64 datetime32
    date int integer tinyint smallint mediumint bigint signed unsigned text string bytes blob clob raw
    year interval struct map array list union tuple nullable lowcardinality fixedstring decimal32
    decimal64 decimal128 decimal256 enum enum8 enum16 vector bool boolean json jsonb uuid precision
    object variant row timestamp_s timestamp_ms timestamp_ns hugeint
    """
)

NODES = _words(
    """
    Select Union Except Intersect SetOperation Subquery Values Table TableAlias With CTE From Join Where
    Group Having Order Ordered Limit Offset Fetch LimitOptions Distinct Qualify Window WindowSpec Filter
    WithinGroup IgnoreNulls RespectNulls HavingMax Lateral Pivot PivotAlias PivotAny UnpivotColumns
    TableSample Cube Rollup GroupingSets Tuple Paren Alias Aliases Column Identifier Literal Star
    Boolean Null Var Dot Bracket Slice Neg Not BitwiseNot Between In Is Like ILike SimilarTo Escape Glob
    Operator Distance Overlaps DataType DataTypeParam Interval IntervalOp IntervalSpan Lambda Kwarg
    PropertyEQ AtTimeZone FromTimeZone Collate Any All JSON JSONKeyValue JSONColumnDef JSONSchema
    JSONValue JSONPath JSONPathFilter JSONPathKey JSONPathRecursive JSONPathRoot JSONPathScript
    JSONPathSelector JSONPathSlice JSONPathSubscript JSONPathUnion JSONPathWildcard JSONExtractQuote
    FormatJson OnCondition NestedJSONSelect OpenJSONColumnDef XMLNamespace ColumnDef HexString BitString
    ByteString RawString UnicodeString National Heredoc Introducer TimeUnit Final ForIn Comprehension
    IndexTableHint WithTableHint Hint JoinHint RecursiveWithSearch Extract Connect Prior MatchRecognize
    MatchRecognizeMeasure Schema Sort Cluster Distribute PartitionRange Partition PartitionList
    PartitionId QueryOption OptionsProperty Tag PreWhere Version HistoricalData TableColumn Variadic
    OverflowTruncateBehavior TranslateCharacters CharacterSet Semicolon JSONPathPart PseudoType
    DerivedTable UDTF Unnest Exists Adjacent ExtendsLeft ExtendsRight PositionalColumn Pseudocolumn
    Nearest DistanceNd ProjectionDef ColumnPrefix TableFromRows SubqueryPredicate Summarize Describe
    TemporaryProperty Reference WithFill Connector ObjectIdentifier ForClause XMLKeyValueOption
    """
)
REFUSED_NODES = {
    "Into": "SELECT ... INTO writes. Leave INTO out; the rows come back to you.",
    "Lock": "Locking reads (FOR UPDATE, FOR SHARE) are not accepted. Leave the locking clause out.",
    "Parameter": "Variables and parameters are not accepted. Write the value itself.",
    "SessionParameter": "Server variables are not read. Ask only for data in tables.",
    "Placeholder": "Placeholders are not accepted. Write the value itself.",
    "QueryTransform": "TRANSFORM ... USING runs a program. Use functions and expressions.",
    "NextValueFor": "Sequences advance when they are read. Ask only for data in tables.",
    "Insert": "Only reading is accepted. Write one SELECT.",
    "Update": "Only reading is accepted. Write one SELECT.",
    "Delete": "Only reading is accepted. Write one SELECT.",
    "Merge": "Only reading is accepted. Write one SELECT.",
}
# Arguments of nodes that are otherwise fine.
REFUSED_ARGUMENTS = {
    "into": REFUSED_NODES["Into"],
    "locks": REFUSED_NODES["Lock"],
    "settings": "SETTINGS change the session. Leave the clause out.",
    "format": "FORMAT is not accepted here. Leave it out; the rows come back as a table.",
}
# Functions that are operators or grammar; anything else in the tree must have been written as a call,
# and every call is looked up by the name as written.
NO_PARENTHESIS = frozenset(
    {"current_date", "current_time", "current_timestamp", "current_datetime", "localtime", "localtimestamp"}
    | {"systimestamp", "sysdate", "utc_date", "utc_time", "utc_timestamp"}
)
CLOCKS = _words("CurrentDate CurrentTime CurrentTimestamp CurrentTimestampLTZ CurrentDatetime CurrentTimezone")
SESSION_FUNCTIONS = _words("NextValueFor ReadCSV ReadParquet LoadFile Version DynamicIdentifier SessionUser")
# Reserved in every engine, so never a function, though sqlglot calls some of them so: x <> ALL (...).
RESERVED_CALLS = frozenset({"all", "any", "some", "row", "xmlattributes"})
# Facts of the session that are written without parentheses, in the dialects where a column may not be meant.
BARE_SESSION_WORDS = {
    "postgres": _words("current_catalog current_role current_schema current_user session_user system_user user"),
    "duckdb": _words("current_catalog current_role current_schema current_user session_user user"),
    "mysql": _words("current_user current_role"),
    "sqlite": _words(""),
    "clickhouse": _words(""),
    "tsql": _words("current_user session_user system_user user"),
    "oracle": _words("user uid sessiontimezone dbtimezone"),
}
BARE_SESSION_WORDS_ELSEWHERE = _words(
    """
    current_account current_catalog current_database current_path current_role current_schema current_user
    current_warehouse session_user system_user
    """
)
# SQL Server needs no semicolon between statements, so sqlglot reads `SELECT 1 DELETE FROM t` as an alias.
# All of these are reserved there.
TSQL_STATEMENT_WORDS = _words(
    """
    alter backup begin bulk checkpoint close commit create dbcc deallocate declare delete deny drop dump exec
    execute grant if insert kill load merge open print raiserror reconfigure restore return revert revoke
    rollback save set shutdown truncate update updatetext use waitfor while writetext
    """
)
TSQL_HINTS = _words("nolock readuncommitted readcommitted noexpand forceseek forcescan index snapshot")
# DATEPART(iso_week, t): sqlglot writes these out, so they are not found in the tree.
TSQL_DATE_PARTS = _words(
    """
    yy yyyy qq q mm m dy y dd d wk ww dw w hh mi n ss s ms mcs ns tz tzoffset isowk isoww iso_week weekday dayofyear
    """
)
TSQL_OPTIONS = _words("maxrecursion recompile path root auto elements raw include_null_values")
# A table named in a string literal: only where the name can be looked up.
DESCRIBING = {
    "sqlite": frozenset({"pragma_table_info", "pragma_table_xinfo", "pragma_index_list", "pragma_foreign_key_list"}),
    "duckdb": frozenset({"pragma_table_info"}),
}
# Aggregates that are something else in FROM: a macro there, which reads the table and the field that strings name.
TABLE_READERS = {"duckdb": frozenset({"histogram"})}

# PostgreSQL runs the check of a domain when a value is cast to it; these are the types that are its own.
POSTGRES_TYPES = _words(
    """
    bit bool boolean box bpchar bytea char character cidr circle citext date daterange datemultirange
    decimal float float4 float8 double hstore inet int int2 int4 int8 int4range int8range int4multirange
    int8multirange integer bigint smallint interval json jsonb jsonpath line lseg ltree macaddr macaddr8
    money name numeric nummultirange numrange oid path point polygon real record text time timestamp
    timestamptz timetz tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector uuid varbit
    varchar xml precision zone unknown anyarray geometry geography vector
    """
)
# Words after which a string literal is an operand or an alias and not the value of a typed literal.
BEFORE_STRING = _words(
    """
    select distinct all and or not in is as by like ilike when then else case between to escape similar
    any some where having on limit offset from with over values return returning e b x n u uescape using
    union except intersect format collate zone isnull notnull xor document content end overlaps operator
    name version path default passing leading trailing both placing varying symmetric asymmetric for null nulls
    """
)
