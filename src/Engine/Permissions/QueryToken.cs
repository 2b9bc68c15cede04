namespace Unkey.Engine.Permissions;

/// <summary>What a permission query is made of.</summary>
internal enum QueryToken
{
    /// <summary>The end of the query.</summary>
    End,

    /// <summary>An opening parenthesis.</summary>
    Open,

    /// <summary>A closing parenthesis.</summary>
    Close,

    /// <summary>The keyword, in any case.</summary>
    And,

    /// <summary>The keyword, in any case.</summary>
    Or,

    /// <summary>A permission.</summary>
    Permission,

    /// <summary>A permission between two of <see cref="PermissionQuery.Quote"/>.</summary>
    Quoted,

    /// <summary>A byte that no token may hold.</summary>
    Invalid,
}
