\set number random(:first, :last)
SELECT * FROM curfew.introspect(:prefix || :number);
