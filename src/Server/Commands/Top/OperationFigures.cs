using System.Collections.Generic;

namespace Unkey.Server.Commands.Top;

/// <summary>What was asked of one operation. Immutable.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Rate">Requests a second.</param>
/// <param name="Outcomes">How they ended, in requests a second, the most frequent first.</param>
internal sealed record OperationFigures(string Name, double Rate, IReadOnlyList<(string Outcome, double Rate)> Outcomes);
