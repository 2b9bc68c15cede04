using Unkey.Engine;
using Unkey.Server.ControlPlane.Responses;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Makes the answer to a rate-limit decision; called under the engine's writer lock.</summary>
/// <param name="context">The call.</param>
/// <param name="outcome">What was decided.</param>
/// <param name="input">What was asked.</param>
/// <param name="result">What came of it.</param>
internal delegate OperationResult RatelimitAnswer(OperationContext context, RatelimitOutcome outcome, in RatelimitInput input, RatelimitResult result);
