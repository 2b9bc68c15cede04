using System.Collections.Generic;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>The registry of error codes: what follows the documentation prefix in <c>error.type</c>, with its status and title.</summary>
internal static class ErrorCode
{
    public const string Prefix = "https://unkey.com/docs/errors/";

    public const string InvalidInput = "unkey/application/invalid_input";
    public const string Malformed = "unkey/authentication/malformed";
    public const string QuerySyntax = "user/bad_request/permissions_query_syntax_error";
    public const string BodyUnreadable = "user/bad_request/request_body_unreadable";
    public const string UnknownRootKey = "unkey/authentication/key_not_found";
    public const string InsufficientPermissions = "unkey/authorization/insufficient_permissions";
    public const string Forbidden = "unkey/authorization/forbidden";
    public const string KeyNotFound = "unkey/data/key_not_found";
    public const string ApiNotFound = "unkey/data/api_not_found";
    public const string RoleNotFound = "unkey/data/role_not_found";
    public const string IdentityNotFound = "unkey/data/identity_not_found";
    public const string IdentityExists = "unkey/data/identity_already_exists";
    public const string PermissionNotFound = "unkey/data/permission_not_found";
    public const string MigrationNotFound = "unkey/data/migration_not_found";
    public const string MigrationExists = "unkey/data/migration_already_exists";
    public const string PermissionExists = "unkey/data/permission_already_exists";
    public const string RoleExists = "unkey/data/role_already_exists";
    public const string OverrideNotFound = "unkey/data/ratelimit_override_not_found";
    public const string Precondition = "unkey/application/precondition_failed";
    public const string BodyTooLarge = "user/bad_request/request_body_too_large";
    public const string RequestTimeout = "user/bad_request/request_timeout";
    public const string AuthenticationThrottled = "user/too_many_requests/authentication_throttled";
    public const string Unavailable = "unkey/application/service_unavailable";
    public const string InvalidAnalyticsQuery = "user/bad_request/invalid_analytics_query";
    public const string InvalidAnalyticsTable = "user/bad_request/invalid_analytics_table";
    public const string InvalidAnalyticsFunction = "user/bad_request/invalid_analytics_function";
    public const string InvalidAnalyticsQueryType = "user/bad_request/invalid_analytics_query_type";
    public const string BeyondRetention = "user/bad_request/query_range_exceeds_retention";
    public const string AnalyticsNotConfigured = "unkey/data/analytics_not_configured";
    public const string QueryTimeout = "user/unprocessable_entity/query_execution_timeout";
    public const string QueryMemory = "user/unprocessable_entity/query_memory_limit_exceeded";
    public const string QueryRows = "user/unprocessable_entity/query_rows_limit_exceeded";
    public const string QueryQuota = "user/too_many_requests/query_quota_exceeded";
    public const string AnalyticsConnectionFailed = "unkey/data/analytics_connection_failed";
    public const string Unexpected = "unkey/application/unexpected_error";

    /// <summary>Statuses whose envelope carries <c>error.errors</c>, always as an array; no other does.</summary>
    public static readonly IReadOnlySet<int> WithErrorList = new HashSet<int> { 400, 408, 413, 499 };

    /// <summary>Status and title of every code that these endpoints can answer.</summary>
    public static readonly IReadOnlyDictionary<string, (int Status, string Title)> Registry = new Dictionary<string, (int, string)>
    {
        [InvalidInput] = (400, "Bad Request"),
        [Malformed] = (400, "Bad Request"),
        [QuerySyntax] = (400, "Bad Request"),
        [BodyUnreadable] = (400, "Bad Request"),
        [UnknownRootKey] = (401, "Unauthorized"),
        [InsufficientPermissions] = (403, "Insufficient Permissions"),
        [Forbidden] = (403, "Forbidden"),
        ["unkey/authorization/key_disabled"] = (403, "Key is disabled"),
        ["unkey/authorization/workspace_disabled"] = (403, "Workspace is disabled"),
        [KeyNotFound] = (404, "Not Found"),
        [ApiNotFound] = (404, "Not Found"),
        [RoleNotFound] = (404, "Not Found"),
        [IdentityNotFound] = (404, "Not Found"),
        ["unkey/data/permission_not_found"] = (404, "Not Found"),
        ["unkey/data/migration_not_found"] = (404, "Not Found"),
        ["unkey/data/ratelimit_namespace_not_found"] = (404, "Not Found"),
        [OverrideNotFound] = (404, "Not Found"),
        ["unkey/data/ratelimit_namespace_gone"] = (410, "Resource Gone"),
        [RoleExists] = (409, "Conflicting Resource"),
        ["user/too_many_requests/workspace_rate_limited"] = (429, "Too Many Requests"),
        [AuthenticationThrottled] = (429, "Too Many Requests"),
        [InvalidAnalyticsQuery] = (400, "Bad Request"),
        [InvalidAnalyticsTable] = (400, "Bad Request"),
        [InvalidAnalyticsFunction] = (400, "Bad Request"),
        [InvalidAnalyticsQueryType] = (400, "Bad Request"),
        [BeyondRetention] = (400, "Bad Request"),
        [AnalyticsNotConfigured] = (412, "Precondition Failed"),
        [QueryTimeout] = (422, "Unprocessable Entity"),
        [QueryMemory] = (422, "Unprocessable Entity"),
        [QueryRows] = (422, "Unprocessable Entity"),
        [QueryQuota] = (429, "Too Many Requests"),
        [AnalyticsConnectionFailed] = (503, "Service Unavailable"),
        ["unkey/data/workspace_not_found"] = (404, "Not Found"),
        [IdentityExists] = (409, "Conflicting Resource"),
        [MigrationExists] = (409, "Conflicting Resource"),
        [PermissionExists] = (409, "Conflicting Resource"),
        [Precondition] = (412, "Precondition Failed"),
        ["unkey/application/protected_resource"] = (412, "Resource is protected"),
        [BodyTooLarge] = (413, "Request Entity Too Large"),
        [RequestTimeout] = (408, "Request Timeout"),
        [Unavailable] = (500, "Internal Server Error"),
        [Unexpected] = (500, "Internal Server Error"),
    };
}
