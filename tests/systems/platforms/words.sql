-- The words in which a sample's sound rows are written: the same rows at each load, since every id
-- and every choice comes from a digest of what the row is called. A sound.sql drops the schema at
-- its end.

create schema sample;

create function sample.clock() returns timestamptz language sql immutable as $$
    select timestamptz '2026-11-02 12:00:00+00'
$$;

create function sample.id(what text, n bigint) returns uuid language sql immutable as $$
    select md5(what || '-' || n)::uuid
$$;

-- A number from 0 up to but not including 1.
create function sample.share(what text, n bigint) returns double precision
    language sql immutable as $$
    select ('x' || substr(md5(what || '-' || n), 1, 8))::bit(32)::bigint / 4294967296.0::float8
$$;

create function sample.pick(choices text[], what text, n bigint) returns text
    language sql immutable as $$
    select choices[1 + floor(cardinality(choices) * sample.share(what, n))::integer]
$$;

create function sample.stripe_id(prefix text, what text, n bigint) returns text
    language sql immutable as $$
    select prefix || '_' || substr(md5(what || '-' || n), 1, 18)
$$;

create function sample.seconds(n double precision) returns interval language sql immutable as $$
    select floor(n) * interval '1 second'
$$;

create function sample.days(n double precision) returns interval language sql immutable as $$
    select floor(n * 86400) * interval '1 second'
$$;
