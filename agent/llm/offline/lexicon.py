"""The general words of a question and what they do in it; data alone, of no particular schema."""

from __future__ import annotations

# --- forms of words -------------------------------------------------------------------------------------------

IRREGULAR = dict(
    pair.split(":")
    for pair in [
        "people:person",
        "men:man",
        "women:woman",
        "children:child",
        "feet:foot",
        "teeth:tooth",
        "mice:mouse",
        "geese:goose",
        "data:data",
        "media:media",
        "series:series",
        "species:species",
        "news:news",
        "staff:staff",
        "criteria:criterion",
        "movies:movie",
        "cookies:cookie",
        "ties:tie",
        "status:status",
        "bus:bus",
        "buses:bus",
        "gas:gas",
        "lens:lens",
        "address:address",
        "addresses:address",
        "business:business",
        "businesses:business",
        "class:class",
        "classes:class",
        "analyses:analysis",
        "bases:base",
        "cases:case",
        "houses:house",
        "courses:course",
        "nurses:nurse",
        "expenses:expense",
        "licenses:license",
        "purchases:purchase",
        "warehouses:warehouse",
        "databases:database",
        "phases:phase",
        "causes:cause",
        "universes:universe",
        "prices:price",
        "sizes:size",
        "prizes:prize",
        "axes:axis",
        "heroes:hero",
        "potatoes:potato",
        "cities:city",
        "wives:wife",
        "lives:life",
        "shelves:shelf",
        "leaves:leaf",
        "halves:half",
        "has:has",
        "was:was",
        "is:is",
        "this:this",
        "its:its",
        "sales:sale",
        "salespeople:salesperson",
        "campuses:campus",
        "statuses:status",
        "aliases:alias",
        "boxes:box",
        "indices:index",
        "matrices:matrix",
        "aircrafts:aircraft",
        "faculties:faculty",
        "releases:release",
        "leases:lease",
        "diseases:disease",
        "exercises:exercise",
        "premises:premise",
        "enterprises:enterprise",
        "vases:vase",
        "roses:rose",
        "noses:nose",
        "routes:route",
        "dishes:dish",
        "does:does",
        "goes:go",
        "caches:cache",
        "aches:ache",
    ]
)

ABBREVIATIONS = {
    "acc": "account",
    "acct": "account",
    "addr": "address",
    "amt": "amount",
    "amenid": "amenity id",
    "approx": "approximate",
    "apt": "apartment",
    "arr": "arrival",
    "attr": "attribute",
    "auth": "author",
    "avg": "average",
    "bal": "balance",
    "bday": "birthday",
    "birthdate": "birth date",
    "bldg": "building",
    "cat": "category",
    "categ": "category",
    "cert": "certificate",
    "cnt": "count",
    "co": "company",
    "cust": "customer",
    "dep": "departure",
    "dept": "department",
    "desc": "description",
    "descr": "description",
    "dest": "destination",
    "dist": "distance",
    "dob": "date birth",
    "doc": "document",
    "dt": "date",
    "dur": "duration",
    "emp": "employee",
    "empl": "employee",
    "eno": "employee number",
    "est": "estimate",
    "exp": "experience",
    "fname": "first name",
    "freq": "frequency",
    "fullname": "full name",
    "firstname": "first name",
    "lastname": "last name",
    "gov": "government",
    "hgt": "height",
    "hr": "hour",
    "hrs": "hour",
    "ht": "height",
    "img": "image",
    "info": "information",
    "inst": "institution",
    "inv": "invoice",
    "lat": "latitude",
    "lname": "last name",
    "lng": "longitude",
    "loc": "location",
    "lon": "longitude",
    "manuf": "manufacturer",
    "max": "maximum",
    "mgr": "manager",
    "min": "minimum",
    "mfr": "manufacturer",
    "mid": "middle",
    "msg": "message",
    "nbr": "number",
    "num": "number",
    "no": "number",
    "org": "organization",
    "orig": "origin",
    "pct": "percent",
    "pos": "position",
    "pop": "population",
    "pref": "preference",
    "prod": "product",
    "prof": "professor",
    "pub": "publication",
    "qty": "quantity",
    "quant": "quantity",
    "rec": "record",
    "ref": "reference",
    "reg": "region",
    "rel": "release",
    "sal": "salary",
    "sched": "schedule",
    "sec": "section",
    "sem": "semester",
    "spec": "specification",
    "std": "standard",
    "stu": "student",
    "subj": "subject",
    "tel": "telephone",
    "temp": "temperature",
    "tot": "total",
    "txn": "transaction",
    "univ": "university",
    "usr": "user",
    "val": "value",
    "vol": "volume",
    "wgt": "weight",
    "wt": "weight",
    "yr": "year",
    "zipcode": "zip code",
    "postcode": "post code",
    "roomname": "room name",
    "custid": "customer id",
    "empid": "employee id",
    "deptid": "department id",
    "stuid": "student id",
    "releasedate": "release date",
    "sportname": "sport name",
}

# Words of an identifier that a question may leave out: `price_range` is "price", `budget_in_billions` is "budget".
WEAK_PARTS = frozenset(
    [
        "number",
        "code",
        "value",
        "text",
        "description",
        "date",
        "time",
        "name",
        "yn",
        "flag",
        "indicator",
        "ref",
        "reference",
        "tbl",
        "table",
        "dim",
        "fact",
        "data",
        "information",
        "list",
        "master",
        "record",
        "of",
        "in",
        "the",
        "to",
        "by",
        "and",
        "per",
        "is",
        "usd",
        "eur",
        "cny",
        "billion",
        "million",
        "thousand",
        "percent",
        "kg",
        "km",
        "cm",
        "m2",
        "mm",
        "lb",
        "ml",
        "g",
        "id",
        "identifier",
        "range",
        "level",
        "total",
        "unit",
        "at",
        "on",
        "for",
        "with",
        "detail",
        "string",
        "current",
        "full",
    ]
)
TABLE_AFFIXES = frozenset(
    [
        "ref",
        "reference",
        "tbl",
        "tb",
        "dim",
        "fact",
        "data",
        "information",
        "list",
        "master",
        "record",
        "table",
        "all",
        "the",
        "of",
        "in",
    ]
)

# Each line is a set of words that may stand for one another; the nearer two words, the fewer lines they share.
SYNONYMS = tuple(
    frozenset(line.split())
    for line in """
    customer client buyer shopper
    employee staff worker personnel
    staff member
    company firm manufacturer enterprise corporation business
    product item goods merchandise
    price cost fee fare
    salary wage pay earning income
    salary earn
    earning revenue
    student pupil
    teacher instructor lecturer
    professor faculty instructor
    school college university
    city town
    city location place
    location place site venue
    address location
    country nation
    nationality country
    state province
    zip postal postcode
    post postal zip postcode
    phone telephone mobile
    phone contact
    email mail
    gender sex
    age old
    job occupation profession position title
    role position title
    movie film
    song track music
    artist singer musician
    album record
    book title
    author writer
    car automobile vehicle
    doctor physician
    illness disease
    medicine medication drug
    treatment procedure
    kind type category sort
    type category class
    genre category style type
    description detail
    detail information
    number code
    number id
    number count
    quantity amount
    amount sum quantity value
    revenue turnover sale
    profit earning
    start begin commence
    end finish
    start from
    end to
    date day time
    date when
    time when
    create creation establish founding found
    open opening
    leader head manager chief boss
    supervisor manager
    name title
    title headline
    rank ranking
    rating score grade star
    score point mark
    grade mark
    size area capacity
    length duration
    duration time
    headquarter headquarters office
    team club
    club team
    match game
    player athlete
    coach trainer
    flight trip
    airport airfield
    aircraft airplane plane
    origin source departure
    destination arrival
    hotel inn accommodation
    room chamber
    stay reservation booking
    guest visitor
    visitor tourist
    visitor traveler
    review comment feedback
    document file paper
    policy insurance
    order purchase
    purchase buy bought
    order ordered
    delivery shipment
    shop store
    store branch
    bank branch
    department division
    department unit
    invoice bill
    payment pay paid
    paid pay salary
    balance saving
    loan credit
    election vote
    vote ballot
    party faction
    candidate contestant
    population resident inhabitant people
    person people individual
    population people
    user account member
    member participant
    course class
    major subject
    event activity
    project program
    apartment flat
    building house
    owner proprietor
    colour color
    organisation organization
    institution organization
    picture photo image
    weight heavy
    height tall
    reach get
    cheap price
    attend attendance
    register registration
    enroll enrollment
    birth born
    hire employ
    hire join
    marry marriage
    spouse wife husband
    friend buddy
    friend acquaintance
    parent mother father
    kid child
    dog puppy
    region area territory
    currency money
    stock inventory
    discount reduction
    supplier vendor provider
    status state condition
    level grade
    result outcome
    reason cause
    """.strip().splitlines()
)

# --- phrases that steer the reading ---------------------------------------------------------------------------
# phrase → (kind, what it says). Longest phrase wins; words are matched as they are written, in lower case.

PHRASES: dict[str, tuple[str, str]] = {}


def _say(kind: str, meaning: str, phrases: str) -> None:
    for phrase in phrases.split(","):
        words = " ".join(phrase.split())
        if words:
            PHRASES[words] = (kind, meaning)


_say("HOWMANY", "", "how many")
_say(
    "HOWMANY",
    "distinct",
    "how many different, how many distinct, how many unique, how many kinds of, how many types of",
)
_say("HOWMUCH", "", "how much")
_say("HOWOLD", "", "how old")
_say("HOWLONG", "", "how long")
_say(
    "COUNT",
    "",
    "number of, numbers of, count of, counts of, total number of, total count of, the count, count the number of, "
    "number of times, quantity of, the number",
)
_say("COUNT", "distinct", "number of different, number of distinct, number of unique, number of kinds of")
_say("COUNTVERB", "", "count, count up, count how many, calculate the number of")
_say("AGG", "avg", "average, mean, avg, average value of, average of, mean of")
_say("AGG", "sum", "total, sum, sum of, total of, overall, combined, total sum of, in total")
_say("AGG", "max", "maximum, max, maximal, maximum value of")
_say("AGG", "min", "minimum, min, minimal, minimum value of")
_say(
    "SUPER",
    "desc",
    "highest, greatest, largest, biggest, most, top, best, the most, greatest number of, larger",
)
_say("SUPER", "asc", "lowest, least, smallest, fewest, worst, bottom, the least, the fewest")
_say(
    "MOSTCOMMON",
    "desc",
    "most common, most popular, most frequent, most frequently, most often, most commonly, most used, "
    "most widely used, most frequently used",
)
_say(
    "MOSTCOMMON",
    "asc",
    "least common, least popular, least frequent, least frequently, least often, least used, rarest",
)
_say(
    "EACH",
    "",
    "each, every, for each, for every, per, of each, in each, by each, grouped by, group by, from each, "
    "each of the, for each of the, at each, with each, of every, in every, on each, to each, for different, "
    "for all different, across different, across each, under each, within each, for each different, each different, "
    "by different, in different, broken down by, split by, at different, from different, of different",
)
_say(
    "ORDER",
    "",
    "sorted by, ordered by, order by, sort by, sorted in, ordered in, sort them by, order them by, "
    "sort the results by, sort the result by, order the results by, order the result by, sorted according to, "
    "ordered according to, in order of, in the order of, listed in, ranked by, arranged by, sort, order, sorted, ordered, "
    "sort the list by, sort results by, sort the results in, sort the result in, sort results in, list them in, "
    "order the results in, order them in, sort them in, listed by, arrange the result in, arrange the result by, "
    "sorted in order of, sorted in the order of, sort the names in, sort the list in, and also arrange the result in, "
    "and make the result set in, make the result set in, arrange the results in, in the increasing order of, sort by the, ranked in, rank them by",
)
_say(
    "ASC",
    "",
    "ascending, ascending order, in ascending order, increasing, increasing order, from low to high, "
    "from lowest to highest, from the lowest to the highest, in increasing order, from small to large, from smallest to largest, "
    "from oldest to newest, from youngest to oldest, from earliest to latest, from a to z, lexicographical order, "
    "from cheapest to most expensive, from shortest to longest, from least to most, asc, chronological order, in chronological order, "
    "chronologically, lexicographically, in lexicographical order, in lexicographic order, lexicographic order, ascendingly, "
    "ascending order of, in ascending order of, in increasing order of, from low to high order",
)
_say(
    "ALPHA",
    "",
    "alphabetical order, in alphabetical order, alphabetically, alphabetic order, in alphabetic order, "
    "ascending alphabetical order, in ascending alphabetical order, alphabetical order of, in alphabetical order of, "
    "alphabetical order by, in alphabetical order by, lexical order, in lexical order, in ascending lexicographical order, "
    "ascending lexicographical order",
)
_say(
    "ALPHADESC",
    "",
    "descending alphabetical order, in descending alphabetical order, reverse alphabetical order, "
    "in reverse alphabetical order, reversed alphabetical order, descending lexicographical order, "
    "in descending lexicographical order, in reversed alphabetical order",
)
_say(
    "DESC",
    "",
    "descending, descending order, in descending order, decreasing, decreasing order, from high to low, "
    "from highest to lowest, from the highest to the lowest, in decreasing order, from large to small, from largest to smallest, "
    "from newest to oldest, from oldest to youngest, from latest to earliest, from most to least, from z to a, desc, "
    "descending order of, in descending order of, in decreasing order of, reverse chronological order, "
    "from most expensive to cheapest, from longest to shortest, in reverse order, reverse order, from most recent to oldest, "
    "highest first, largest first, most recent first, newest first, latest first",
)
_say("ASC", "", "lowest first, smallest first, oldest first, earliest first")
_say(
    "CMP",
    ">",
    "more than, greater than, larger than, higher than, over, above, exceeding, exceeds, exceed, bigger than, "
    "more, is more than, is greater than, strictly more than, in excess of, older than or above, higher, better than, beyond",
)
_say(
    "CMP",
    ">=",
    "at least, no less than, not less than, greater than or equal to, more than or equal to, "
    "no fewer than, higher than or equal to, equal or more than, equal to or greater than, larger than or equal to, not lower than, "
    "a minimum of, minimum of, not fewer than, above or equal to, or more than, greater or equal to, no smaller than",
)
_say(
    "CMP",
    "<",
    "less than, fewer than, lower than, smaller than, below, under, less, cheaper or under, fewer, strictly less than, worse than",
)
_say(
    "CMP",
    "<=",
    "at most, no more than, not more than, up to, less than or equal to, fewer than or equal to, "
    "no greater than, not greater than, a maximum of, lower than or equal to, smaller than or equal to, not exceeding, "
    "no higher than, not higher than, equal to or less than, below or equal to, equal or less than, less or equal to",
)
_say("CMP", "=", "equal to, equals, exactly, equal, is equal to, precisely, the same as, being, as")
_say(
    "CMP",
    "!=",
    "not equal to, other than, different from, except, except for, besides, excluding, apart from, but not, "
    "outside, outside of, not in, rather than, aside from, is not, are not, was not, were not, not, isn't, aren't, wasn't, weren't",
)
_say("AFTER", ">", "after, later than, following")
_say("AFTER", ">=", "since, from, starting from, starting in, starting, on or after, as of")
_say("AFTER", "<", "before, earlier than, prior to, until, till")
_say("AFTER", "<=", "by the end of, on or before, no later than, through")
_say(
    "ORMORE",
    ">=",
    "or more, or above, or higher, or over, or greater, or older, or larger, and above, and over, or up, or later, or longer, plus, and more",
)
_say(
    "ORMORE",
    "<=",
    "or less, or fewer, or below, or lower, or under, or younger, or smaller, or earlier, or shorter, and below, and under",
)
_say(
    "BETWEEN",
    "",
    "between, in between, ranging from, in the range of, in the range, in a range of, within the range of, within the range, "
    "in the range from, in the range between, range from, anywhere between, is between, are between",
)
_say(
    "LIKE",
    "has",
    "contain, contains, containing, contained, include, includes, including, included, has the substring, has substring, have the substring, "
    "with the substring, with substring, substring, contain the word, contains the word, containing the word, include the word, "
    "includes the word, including the word, with the word, has the word, have the word, contain the letter, contains the letter, "
    "containing the letter, includes the letter, include the letter, including the letter, has the letter, have the letter, with the letter, "
    "contains the string, contain the string, containing the string, include letter, contains letter, contain letter, includes letter, "
    "has the phrase, contains the phrase, contain the phrase, contain the substring, contains the substring, containing the substring, "
    "that contain the letter, includes the substring, with letter, containing letter, contain word, contains word, contain string, like, "
    "have the letters, has the letters, contains the letters, with the letters, include the letters, includes the word",
)
_say(
    "LIKE",
    "starts",
    "start with, starts with, starting with, begin with, begins with, beginning with, begun with, start with the letter, starts with the letter, "
    "starting with the letter, begin with the letter, begins with the letter, beginning with the letter, starts with letter, start with letter, "
    "with the prefix, with prefix, has the prefix, starts from, has prefix, prefixed with, starting with letter, begins with letter",
)
_say(
    "LIKE",
    "ends",
    "end with, ends with, ending with, end with the letter, ends with the letter, ending with the letter, ends in, end in, ending in, with the suffix, "
    "ends with letter, end with letter, with suffix, has the suffix",
)
_say(
    "NULLISH",
    "null",
    "null, missing, unknown, empty, not known, not specified, unspecified, blank, not recorded, not available, not set, undefined, none",
)
_say(
    "NULLISH",
    "filled",
    "not null, known, not missing, not empty, specified, recorded, not blank, is not null, non-null, nonempty, non-empty, filled",
)
_say(
    "DISTINCT",
    "",
    "distinct, different, unique, various, without duplicates, without repetition, without duplication, unduplicated, distinctive",
)
_say(
    "ALLINFO",
    "",
    "all information, all info, all the information, all the info, everything, all data, all the data, all columns, all the columns, all fields, "
    "all attributes, full information, full details, all of the information, complete information, whole information, all information about, all available information, "
    "every column, every detail, every field, the information, all the available information, all of the data",
)
_say(
    "AND",
    "",
    "and, as well as, along with, together with, also, and also, and then, plus, accompanied by, corresponding, and the corresponding, "
    "and corresponding, with corresponding, along with the corresponding, along with corresponding, and respective, respectively, followed by, &",
)
_say("OR", "", "or, or else, either, and or, and/or, or in, or on")
_say("BOTH", "", "both")
_say(
    "NOT",
    "",
    "not, no, never, without, without any, don't, doesn't, didn't, do not, does not, did not, cannot, can't, neither, nor, "
    "do not have, does not have, did not have, don't have, doesn't have, didn't have, have no, has no, had no, have not, has not, had not, "
    "haven't, hasn't, hadn't, have never, has never, had never, lack, lacks, lacking, not any, do not have any, does not have any, "
    "don't have any, doesn't have any, did not have any, have not had any, have not had, with no, never had, are not, is not, were not, was not, "
    "who never, that never, do not ever, did not make any, did not make, have not made any, have not made, did not have any, never have, without a, without an, "
    "not have any, not have, does not contain, do not contain, not used, not using, isn't, aren't, wasn't, weren't, won't, are never, is never, was never, "
    "were never, not been, have not been, has not been, has never been, have never been, nobody, nothing, not ever",
)
_say(
    "WHOSE",
    "",
    "whose, where, where the, for which, for which the, in which, in which the, of which, of which the, such that",
)
_say(
    "WITH",
    "",
    "with, having, have, has, had, with a, with an, with the, has a, have a, had a, has an, have an, that have, that has, "
    "who have, who has, which have, which has, that had, who had, which had, owning, owns, own, holding, holds, hold, possess, possesses, got, gets, get",
)
_say(
    "REL",
    "",
    "that, who, which, whom, that are, who are, which are, that is, who is, which is, that were, who were, that was, who was, which were, which was, "
    "are, is, was, were, be, been, being, do, does, did, will, would, can, could, may, might, should, must, has been, have been, had been, there, that do, that does",
)
_say(
    "NAMED",
    "",
    "named, called, titled, entitled, with name, with the name, whose name is, with names, under the name, by the name of, with title, with the title, known as, name is, names are",
)
_say("BORN", "", "born")
_say(
    "IN",
    "",
    "in, on, at, of, for, from, to, by, into, onto, within, inside, about, among, over all, under the, during, via, through, using, used, regarding, concerning, toward, towards, "
    "around, near, located in, located at, located on, based in, based at, based on, living in, lives in, live in, living on, in terms of, according to, related to, associated with, belonging to, belong to, "
    "belongs to, affiliated with, listed, existing, available, stored, recorded in, across, cross, against, that belong to, coming from, comes from, come from, out of, overall in, currently, involved in, corresponding to, as for, terms",
)
_say(
    "ART",
    "",
    "the, a, an, all, any, some, these, those, this, such, of the, of all, of all the, all of the, all the, for all, for the, in the, in all, given, certain, particular, specific, whole, entire, "
    "same, one of the, other, there are, there is, are there, is there, we have, do we have, are recorded, in our records, in the record, in the records, in the database, in the table, in total, altogether, "
    "in this database, you have, on record, in the system, in the dataset, listed, recorded, as their, values of, value of, value, values, record of, records of, a list of, list of, the list of, a list, at all, the records, that exist, "
    "ever, also, just, only, do you have, can be found, it, he, she, them, they, we, me, you, us, i, together, here, now, well, corresponding, associated, respective, related, total number is",
)
_say(
    "POSS",
    "",
    "their, its, his, her, 's, and their, along with their, and its, and his, and her, together with their, with their, '",
)
_say(
    "LIST",
    "",
    "list, show, find, give, give me, show me, return, display, get, tell me, select, report, name, state, provide, provide me, enumerate, fetch, retrieve, output, print, identify, "
    "compute, calculate, determine, present, describe, please list, please show, please give, please find, find out, list out, list down, list up, find me, see, look up, what about, search, "
    "can you list, can you show me, could you tell me, can you tell me, please tell me, please give me, please show me, i want to know, i want to see, i would like to know, i need, i want, i would like to see, i'd like to know, "
    "show all, list all, find all, return all, give all, display all, get all, check, showing, and list, and show, and return, and give, and find, listing, just list, please, and report, and display, write, obtain, extract, view, let me know, return me",
)
_say(
    "WHAT",
    "",
    "what is, what are, what's, what was, what were, what, and what is, and what are, what does, what do, which is, which are, tell me what, and what",
)
_say(
    "WHICH",
    "",
    "which, what kind of, what kinds of, what type of, what types of, which kind of, which kinds of, which type of, which of the, which ones",
)
_say("WHO", "", "who is, who are, who was, who were, whom, who")
_say(
    "WHEN",
    "",
    "when was, when were, when did, when is, when does, when, when are, what time, at what time, on which date, on what date",
)
_say("WHERE", "", "where is, where are, where was, where were, where do, where does, where did")
_say("COMMA", "", "',', ;, :")
_say("END", "", "., ?, !, ？, 。, ！")
_say(
    "SHARE",
    "",
    "percentage of, percent of, proportion of, share of, fraction of, what percentage of, what percent of, what proportion of, what fraction of, what share of, rate of, percentage, proportion",
)
_say("RATIO", "", "ratio of, ratio between, the ratio of, the ratio between")
_say("DIFFERENCE", "", "difference between, the difference between, difference of")
_say("THAN", "", "than, than that of, than those of, than the one of, than any, than all, than some")
_say("ALLOF", "", "than all, than every")
_say("TIMES", "", "times, time")
_say("TRUE", "", "true, yes")
_say("PERCENTSIGN", "", "%, percent")
PHRASES.pop("''", None)
PHRASES[","] = ("COMMA", "")
PHRASES["，"] = ("COMMA", "")
PHRASES[";"] = ("COMMA", "")
PHRASES[":"] = ("COMMA", "")
PHRASES["("] = ("COMMA", "(")
PHRASES[")"] = ("COMMA", ")")

# adjective in the comparative or superlative → what it measures, and whether more of it is a larger number.
# A measure with "-" runs the other way: the younger, the later the date of birth.
ADJECTIVES: dict[str, tuple[str, str]] = {}


def _measure(measures: str, more: str, less: str) -> None:
    for each in more.split(","):
        if each.strip():
            ADJECTIVES[each.strip()] = (measures, "+")
    for each in less.split(","):
        if each.strip():
            ADJECTIVES[each.strip()] = (measures, "-")


_measure(
    "age,-date of birth,-birth date,-birthday,-birth year,-founded,-opening year,-year,-date", "old", "young"
)
_measure("price,cost,fee,fare,unit price,amount,rate", "expensive,costly,pricey", "cheap,inexpensive")
_measure("height,elevation,altitude,stature", "tall,high", "")
_measure("length,duration,distance,running time,time,period,height", "long", "short,brief")
_measure("weight", "heavy", "light")
_measure(
    "size,area,capacity,population,enrollment,number of employees,amount,surface area,floor area",
    "large,big,spacious",
    "small,tiny,little",
)
_measure("date,time,year,timestamp", "recent,late,new,recently", "early")
_measure("net worth,revenue,income,money,profit,salary,budget", "rich,wealthy", "poor")
_measure("speed,-time,pace", "fast,quick", "slow")
_measure("depth", "deep", "shallow")
_measure("distance", "far,distant", "near,close")
_measure("width", "wide,broad", "narrow")
_measure("temperature", "hot,warm", "cold,cool")
_measure("population", "populous,populated", "")
_measure("salary,pay,wage", "highly paid,paid,high paid,well paid", "")
_measure("rating,score,stars", "highly rated,rated,high rated", "")
_measure("strength,power,horsepower", "strong,powerful", "weak")

NUMBER_WORDS = {
    word: number
    for number, words in enumerate(
        [
            "zero",
            "one,once",
            "two,twice,couple",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
    for word in words.split(",")
} | {
    "a single": 1,
    "single": 1,
    "multiple": 2,
    "several": 2,
    "hundred": 100,
    "thousand": 1000,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
MAGNITUDES = {
    "thousand": 1_000,
    "k": 1_000,
    "million": 1_000_000,
    "m": 1_000_000,
    "billion": 1_000_000_000,
    "bn": 1_000_000_000,
}

# Verbs that name a relation between two tables rather than a thing; any other word must be explained.
RELATION_VERBS = frozenset(
    [
        "make",
        "made",
        "take",
        "took",
        "taken",
        "give",
        "gave",
        "given",
        "work",
        "works",
        "working",
        "worked",
        "live",
        "lives",
        "living",
        "lived",
        "stay",
        "stays",
        "stayed",
        "staying",
        "belong",
        "belongs",
        "play",
        "plays",
        "played",
        "playing",
        "teach",
        "teaches",
        "taught",
        "teaching",
        "study",
        "studies",
        "studied",
        "attend",
        "attends",
        "attended",
        "attending",
        "participate",
        "participates",
        "participated",
        "participating",
        "use",
        "uses",
        "used",
        "using",
        "provide",
        "provides",
        "provided",
        "providing",
        "sell",
        "sells",
        "sold",
        "selling",
        "buy",
        "buys",
        "bought",
        "buying",
        "purchase",
        "purchases",
        "purchased",
        "order",
        "orders",
        "ordered",
        "ordering",
        "own",
        "owns",
        "owned",
        "manage",
        "manages",
        "managed",
        "managing",
        "lead",
        "leads",
        "led",
        "run",
        "runs",
        "ran",
        "running",
        "visit",
        "visits",
        "visited",
        "visiting",
        "produce",
        "produces",
        "produced",
        "producing",
        "write",
        "writes",
        "wrote",
        "written",
        "publish",
        "publishes",
        "published",
        "direct",
        "directs",
        "directed",
        "act",
        "acts",
        "acted",
        "star",
        "stars",
        "starred",
        "enroll",
        "enrolled",
        "enrolls",
        "register",
        "registered",
        "registers",
        "perform",
        "performs",
        "performed",
        "prescribe",
        "prescribes",
        "prescribed",
        "train",
        "trained",
        "trains",
        "serve",
        "serves",
        "served",
        "locate",
        "located",
        "base",
        "based",
        "contain",
        "contains",
        "contained",
        "include",
        "includes",
        "included",
        "hold",
        "holds",
        "held",
        "receive",
        "receives",
        "received",
        "send",
        "sends",
        "sent",
        "get",
        "gets",
        "got",
        "earn",
        "earns",
        "earned",
        "pay",
        "pays",
        "paid",
        "assign",
        "assigned",
        "assigns",
        "appear",
        "appears",
        "appeared",
        "belong",
        "join",
        "joined",
        "joins",
        "win",
        "wins",
        "won",
        "lose",
        "lost",
        "associate",
        "associated",
        "affiliate",
        "affiliated",
        "relate",
        "related",
        "involve",
        "involved",
        "involves",
        "open",
        "opened",
        "opens",
        "close",
        "closed",
        "create",
        "created",
        "creates",
        "found",
        "founded",
        "establish",
        "established",
        "record",
        "recorded",
        "records",
        "submit",
        "submitted",
        "submits",
        "book",
        "booked",
        "books",
        "reserve",
        "reserved",
        "rent",
        "rented",
        "rents",
        "deliver",
        "delivered",
        "ship",
        "shipped",
        "release",
        "released",
        "releases",
        "grow",
        "grown",
        "made",
        "store",
        "stored",
        "stores",
        "offer",
        "offers",
        "offered",
        "offering",
        "come",
        "comes",
        "came",
        "happen",
        "happened",
        "happens",
        "occur",
        "occurs",
        "occurred",
        "exist",
        "exists",
        "apply",
        "applied",
        "applies",
        "hire",
        "hired",
        "hires",
        "employ",
        "employed",
        "employs",
        "do",
        "done",
        "doing",
        "go",
        "goes",
        "went",
        "going",
        "see",
        "seen",
        "saw",
        "show",
        "shown",
        "shows",
        "give",
        "spend",
        "spent",
        "cost",
        "costs",
        "fly",
        "flies",
        "flew",
        "flown",
        "flying",
        "depart",
        "departs",
        "departed",
        "departing",
        "arrive",
        "arrives",
        "arrived",
        "arriving",
        "land",
        "lands",
        "landed",
        "leave",
        "leaves",
        "left",
        "head",
        "heads",
        "headed",
        "supply",
        "supplies",
        "supplied",
        "compete",
        "competed",
        "represent",
        "represented",
        "represents",
        "host",
        "hosted",
        "hosts",
        "complete",
        "completed",
        "pass",
        "passed",
        "fail",
        "failed",
        "review",
        "reviewed",
        "rate",
        "rated",
        "post",
        "posted",
        "call",
        "called",
        "need",
        "needs",
        "needed",
        "require",
        "required",
        "requires",
        "carry",
        "carried",
        "carries",
        "cover",
        "covered",
        "covers",
        "charge",
        "charged",
        "issue",
        "issued",
        "raise",
        "raised",
        "raises",
        "support",
        "supported",
        "supports",
        "reach",
        "reached",
        "access",
        "accessed",
        "treat",
        "treated",
        "treats",
        "undergo",
        "undergone",
        "undergoes",
        "nurse",
        "nursing",
        "examine",
        "examined",
        "cause",
        "caused",
        "causes",
        "affect",
        "affected",
        "affects",
        "conferred",
        "granted",
        "grant",
        "grants",
        "award",
        "awarded",
        "awards",
        "name",
        "named",
        "title",
        "like",
        "likes",
        "liked",
        "prefer",
        "prefers",
        "preferred",
        "borrow",
        "borrowed",
        "lend",
        "lent",
        "handle",
        "handled",
        "process",
        "processed",
        "finish",
        "finished",
        "start",
        "started",
        "starts",
        "begin",
        "began",
        "begins",
        "end",
        "ended",
        "ends",
        "last",
        "lasts",
        "lasted",
        "stored",
        "known",
        "know",
        "knows",
        "appoint",
        "appointed",
        "find",
        "found",
        "want",
        "wanted",
        "allow",
        "allows",
        "allowed",
        "share",
        "shared",
        "shares",
        "consist",
        "consists",
        "consisting",
    ]
)
# Words that carry no meaning of their own beside what they stand with.
FILLER = frozenset(
    [
        "so",
        "then",
        "than",
        "also",
        "please",
        "kindly",
        "actually",
        "currently",
        "current",
        "existing",
        "different",
        "total",
        "overall",
        "please",
        "exactly",
        "just",
        "and",
        "or",
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "there",
        "their",
        "its",
        "it",
        "his",
        "her",
        "them",
        "they",
        "this",
        "that",
        "these",
        "those",
        "who",
        "whom",
        "which",
        "what",
        "where",
        "when",
        "how",
        "many",
        "much",
        "all",
        "any",
        "some",
        "each",
        "every",
        "corresponding",
        "respective",
        "respectively",
        "information",
        "records",
        "record",
        "entries",
        "entry",
        "result",
        "results",
        "set",
        "table",
        "database",
        "available",
        "provided",
        "ones",
        "one",
        "thing",
        "things",
        "kind",
        "kinds",
        "type",
        "types",
        "group",
        "groups",
        "case",
        "cases",
        "person",
        "people",
        "someone",
        "anyone",
        "number",
        "numbers",
        "amount",
        "count",
        "counts",
        "value",
        "values",
        "name",
        "names",
        "time",
        "times",
        "way",
        "ways",
        "per",
        "among",
        "between",
        "both",
        "either",
        "located",
        "based",
        "associated",
        "related",
        "involved",
        "together",
        "altogether",
        "ever",
        "at-all",
        "same",
        "own",
        "other",
        "another",
        "such",
        "list",
        "show",
        "find",
        "give",
        "return",
        "display",
        "tell",
        "get",
        "select",
        "report",
        "state",
        "provide",
        "whose",
        "if",
        "whether",
        "while",
        "can",
        "could",
        "may",
        "might",
        "should",
        "would",
        "will",
        "shall",
        "must",
        "i",
        "we",
        "you",
        "me",
        "us",
        "our",
        "your",
        "my",
        "'m",
        "'re",
        "'ve",
        "'d",
        "more",
        "most",
        "less",
        "least",
    ]
)

FEMALE_MALE = {
    "female": ("f", "female", "woman"),
    "females": ("f", "female"),
    "woman": ("f", "female"),
    "women": ("f", "female"),
    "girl": ("f", "female"),
    "girls": ("f", "female"),
    "male": ("m", "male", "man"),
    "males": ("m", "male"),
    "man": ("m", "male"),
    "men": ("m", "male"),
    "boy": ("m", "male"),
    "boys": ("m", "male"),
}
TRUE_VALUES = (
    "1",
    "'1'",
    "true",
    "'true'",
    "'t'",
    "'y'",
    "'yes'",
    "'Y'",
    "'Yes'",
    "'YES'",
    "'T'",
    "'TRUE'",
    "'True'",
)
FALSE_VALUES = (
    "0",
    "'0'",
    "false",
    "'false'",
    "'f'",
    "'n'",
    "'no'",
    "'N'",
    "'No'",
    "'NO'",
    "'F'",
    "'FALSE'",
    "'False'",
)
