create table treasure (id int primary key, note text);
insert into treasure select i, 'gold ' || i from generate_series(1, 3) i;
create materialized view hoard as select id from treasure;
create sequence counter;
create table vault (id int primary key, note text);
alter table vault enable row level security;

create function take() returns int language plpgsql volatile as
    $$ begin insert into treasure values (99, 'taken'); return 1; end $$;
create function taken(treasure) returns int language plpgsql volatile as
    $$ begin return take(); end $$;
create function taken_of(int, int) returns int language plpgsql volatile as
    $$ begin return take(); end $$;
create operator @!@ (leftarg = int, rightarg = int, function = taken_of);
create aggregate grab (int) (sfunc = taken_of, stype = int, initcond = '0');
create view taking as select take() as id;
create view taking_twice as select id from taking;
create function take_as_owner() returns int language sql volatile security definer as
    'select take()';
revoke execute on function take_as_owner() from public;
create function take_if(int) returns boolean language sql volatile as 'select take() > $1';
create domain trap as int check (take_if(value));
create type loot as (id int);
create function loot_of(int) returns loot language plpgsql volatile as
    $$ begin perform take(); return row($1)::loot; end $$;
create cast (int as loot) with function loot_of (int);
create function take_by_default(int default take()) returns int language sql stable as 'select $1';
create function lies() returns int language plpgsql stable as $$ begin return take(); end $$;
create procedure steal() language sql as 'delete from treasure';

-- There for whoever takes the text check away: in a database of its own it shows nothing else.
grant select on all tables in schema public to trueup_reader;
