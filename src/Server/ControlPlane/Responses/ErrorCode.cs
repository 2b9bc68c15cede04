namespace Unkey.Server.ControlPlane.Responses;

/// <summary>One row of the contract's code registry: the type suffix, the status it implies and the title. Immutable.</summary>
/// <param name="Suffix">What follows the documentation URL in <c>error.type</c>.</param>
/// <param name="Status">HTTP status; <c>error.status</c> repeats it.</param>
/// <param name="Title">Text of <c>error.title</c>.</param>
internal sealed record ErrorCode(string Suffix, int Status, string Title)
{
    /// <summary>Start of every <c>error.type</c>.</summary>
    public const string TypePrefix = "https://unkey.com/docs/errors/";

    /// <summary>The request is not what the endpoint takes.</summary>
    public static ErrorCode InvalidInput { get; } = new("unkey/application/invalid_input", 400, "Bad Request");

    /// <summary>The Authorization field is not <c>Bearer</c> and a token.</summary>
    public static ErrorCode MalformedAuthorization { get; } = new("unkey/authentication/malformed", 400, "Bad Request");

    /// <summary>A permission query does not parse.</summary>
    public static ErrorCode PermissionsQuerySyntax { get; } = new("user/bad_request/permissions_query_syntax_error", 400, "Bad Request");

    /// <summary>No such root key.</summary>
    public static ErrorCode RootKeyNotFound { get; } = new("unkey/authentication/key_not_found", 401, "Unauthorized");

    /// <summary>The root key lacks a permission.</summary>
    public static ErrorCode InsufficientPermissions { get; } = new("unkey/authorization/insufficient_permissions", 403, "Insufficient Permissions");

    /// <summary>The root key has expired.</summary>
    public static ErrorCode Forbidden { get; } = new("unkey/authorization/forbidden", 403, "Forbidden");

    /// <summary>The root key is disabled.</summary>
    public static ErrorCode KeyDisabled { get; } = new("unkey/authorization/key_disabled", 403, "Key is disabled");

    /// <summary>The workspace of the root key, or the one it manages, is disabled.</summary>
    public static ErrorCode WorkspaceDisabled { get; } = new("unkey/authorization/workspace_disabled", 403, "Workspace is disabled");

    /// <summary>The root key manages a workspace that does not exist.</summary>
    public static ErrorCode WorkspaceNotFound { get; } = new("unkey/data/workspace_not_found", 404, "Not Found");

    /// <summary>No such key, or one that is hidden from the caller.</summary>
    public static ErrorCode KeyNotFound { get; } = new("unkey/data/key_not_found", 404, "Not Found");

    /// <summary>No such API, or one that is hidden from the caller.</summary>
    public static ErrorCode ApiNotFound { get; } = new("unkey/data/api_not_found", 404, "Not Found");

    /// <summary>No such role.</summary>
    public static ErrorCode RoleNotFound { get; } = new("unkey/data/role_not_found", 404, "Not Found");

    /// <summary>No such permission.</summary>
    public static ErrorCode PermissionNotFound { get; } = new("unkey/data/permission_not_found", 404, "Not Found");

    /// <summary>No such identity.</summary>
    public static ErrorCode IdentityNotFound { get; } = new("unkey/data/identity_not_found", 404, "Not Found");

    /// <summary>No such migration.</summary>
    public static ErrorCode MigrationNotFound { get; } = new("unkey/data/migration_not_found", 404, "Not Found");

    /// <summary>The id of the migration is taken.</summary>
    public static ErrorCode MigrationAlreadyExists { get; } = new("unkey/data/migration_already_exists", 409, "Conflicting Resource");

    /// <summary>No such rate-limit namespace.</summary>
    public static ErrorCode NamespaceNotFound { get; } = new("unkey/data/ratelimit_namespace_not_found", 404, "Not Found");

    /// <summary>No override that applies, or one that is hidden from the caller.</summary>
    public static ErrorCode OverrideNotFound { get; } = new("unkey/data/ratelimit_override_not_found", 404, "Not Found");

    /// <summary>The client stopped sending before the body was complete in time.</summary>
    public static ErrorCode RequestTimeout { get; } = new("user/bad_request/request_timeout", 408, "Request Timeout");

    /// <summary>A live identity with this external id exists.</summary>
    public static ErrorCode IdentityAlreadyExists { get; } = new("unkey/data/identity_already_exists", 409, "Conflicting Resource");

    /// <summary>The slug is taken.</summary>
    public static ErrorCode PermissionAlreadyExists { get; } = new("unkey/data/permission_already_exists", 409, "Conflicting Resource");

    /// <summary>The role name is taken.</summary>
    public static ErrorCode RoleAlreadyExists { get; } = new("unkey/data/role_already_exists", 409, "Conflicting Resource");

    /// <summary>The rate-limit namespace was deleted and keeps its name.</summary>
    public static ErrorCode NamespaceGone { get; } = new("unkey/data/ratelimit_namespace_gone", 410, "Resource Gone");

    /// <summary>Something the request relies on is not set up.</summary>
    public static ErrorCode PreconditionFailed { get; } = new("unkey/application/precondition_failed", 412, "Precondition Failed");

    /// <summary>Delete protection is on.</summary>
    public static ErrorCode ProtectedResource { get; } = new("unkey/application/protected_resource", 412, "Resource is protected");

    /// <summary>The body is over the limit.</summary>
    public static ErrorCode BodyTooLarge { get; } = new("user/bad_request/request_body_too_large", 413, "Request Entity Too Large");

    /// <summary>The workspace has made all the API calls that it may make in a minute.</summary>
    public static ErrorCode WorkspaceRateLimited { get; } = new("user/too_many_requests/workspace_rate_limited", 429, "Too Many Requests");

    /// <summary>The source has sent all the unknown root keys that it may send in a minute.</summary>
    public static ErrorCode AuthenticationThrottled { get; } = new("user/too_many_requests/authentication_throttled", 429, "Too Many Requests");

    /// <summary>The client has gone away.</summary>
    public static ErrorCode ClientClosedRequest { get; } = new("user/bad_request/client_closed_request", 499, "Client Closed Request");

    /// <summary>A fault without a code of its own.</summary>
    public static ErrorCode UnexpectedError { get; } = new("unkey/application/unexpected_error", 500, "Internal Server Error");

    /// <summary>The store refuses or fails. The contract gives it status 500, not 503.</summary>
    public static ErrorCode ServiceUnavailable { get; } = new("unkey/application/service_unavailable", 500, "Internal Server Error");

    /// <summary>Too many connections, or too many bodies under way; told by the transport before a request is looked at.</summary>
    public static ErrorCode Overloaded { get; } = new("unkey/application/service_unavailable", 503, "Service Unavailable");

    /// <summary>An analytics query does not parse, or means nothing.</summary>
    public static ErrorCode InvalidAnalyticsQuery { get; } = new("user/bad_request/invalid_analytics_query", 400, "Bad Request");

    /// <summary>An analytics query reads a table that is not open to it.</summary>
    public static ErrorCode InvalidAnalyticsTable { get; } = new("user/bad_request/invalid_analytics_table", 400, "Bad Request");

    /// <summary>An analytics query calls a function that is not open to it.</summary>
    public static ErrorCode InvalidAnalyticsFunction { get; } = new("user/bad_request/invalid_analytics_function", 400, "Bad Request");

    /// <summary>An analytics query is no SELECT.</summary>
    public static ErrorCode InvalidAnalyticsQueryType { get; } = new("user/bad_request/invalid_analytics_query_type", 400, "Bad Request");

    /// <summary>An analytics query asks for events that are older than they are kept.</summary>
    public static ErrorCode QueryRangeExceedsRetention { get; } = new("user/bad_request/query_range_exceeds_retention", 400, "Bad Request");

    /// <summary>There is no event store to query.</summary>
    public static ErrorCode AnalyticsNotConfigured { get; } = new("unkey/data/analytics_not_configured", 412, "Precondition Failed");

    /// <summary>An analytics query ran too long.</summary>
    public static ErrorCode QueryExecutionTimeout { get; } = new("user/unprocessable_entity/query_execution_timeout", 422, "Unprocessable Entity");

    /// <summary>An analytics query took too much memory, or its answer is too large.</summary>
    public static ErrorCode QueryMemoryLimitExceeded { get; } = new("user/unprocessable_entity/query_memory_limit_exceeded", 422, "Unprocessable Entity");

    /// <summary>An analytics query gave too many rows.</summary>
    public static ErrorCode QueryRowsLimitExceeded { get; } = new("user/unprocessable_entity/query_rows_limit_exceeded", 422, "Unprocessable Entity");

    /// <summary>The workspace has used up its analytics queries, or too many run at once.</summary>
    public static ErrorCode QueryQuotaExceeded { get; } = new("user/too_many_requests/query_quota_exceeded", 429, "Too Many Requests");

    /// <summary>The event store does not answer.</summary>
    public static ErrorCode AnalyticsConnectionFailed { get; } = new("unkey/data/analytics_connection_failed", 503, "Service Unavailable");

    /// <summary>Whether errors of this status carry the array <c>error.errors</c>.</summary>
    public bool HasErrorList => Status is 400 or 408 or 413 or 499;
}
