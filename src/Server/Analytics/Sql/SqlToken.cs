using System;

namespace Unkey.Server.Analytics.Sql;

/// <summary>A token of a query.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The word, the value of the string, the number or the symbol.</param>
/// <param name="Position">Characters before it.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text, int Position)
{
    /// <summary>Whether it is this keyword, letter case ignored.</summary>
    public bool Is(string keyword) => Kind == SqlTokenKind.Word && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is this symbol.</summary>
    public bool IsSymbol(string symbol) => Kind == SqlTokenKind.Symbol && Text == symbol;

    /// <summary>The token as a message shows it.</summary>
    public string Shown => Kind == SqlTokenKind.End ? "the end" : $"'{AnalyticsException.Shown(Text)}'";
}
