-- What every stack's database begins with: the extension, the front's role, and this month's audit partition.
CREATE EXTENSION curfew;
CREATE ROLE curfew_front LOGIN;
SELECT curfew.grant_access('curfew_front', 'front');
SELECT curfew.create_audit_partition(date_trunc('month', now())::date);
